#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/log/message.h"
#include "core/log/stream.h"

// WebSocket frames as a server sends them, RFC 6455 section 5.2: never masked, no extensions.
namespace lws_chat {

enum class Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// A message is cut into frames of at most this many bytes, header included: such a frame also fits a
// DATA frame of HTTP/2 (RFC 9113 section 4.2: 16384 bytes unless the peer allows more), and a close
// frame never has to wait for more than this.
inline constexpr size_t kMaxFrame = 16384;

struct Frame {
  Opcode opcode;
  bool final;
  std::string_view payload;
  size_t size;  // of the whole frame
};

// A single frame. Precondition: the payload is of at most kMaxFrame - 4 bytes.
std::string make_frame(Opcode opcode, bool final, std::string_view payload);

// How many bytes the frames of a message take at most.
constexpr size_t framed_size(size_t payload) { return payload + 4 * (payload / (kMaxFrame - 4) + 1); }

// Appends the frames of a message, as it is.
void append_message(FrameSink& sink, const Message& message);

// The first of the frames that begin at bytes[0]. Precondition: bytes holds whole frames made by
// append_message().
Frame first_frame(std::string_view bytes);

// Whether the last of these frames is the last of its message. Same precondition.
bool ends_message(std::string_view frames);

}  // namespace lws_chat
