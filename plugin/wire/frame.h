#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/log/message.h"
#include "core/log/stream.h"

// WebSocket frames as a server sends them, RFC 6455 section 5.2: never masked.
namespace lws_chat {

enum class Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// Largest frame of a message in bytes, header included. Such a frame fits a DATA frame of HTTP/2 (RFC 9113 section 4.2:
// 16384 bytes unless the peer allows more), and a close frame never waits for more than this.
inline constexpr size_t kMaxFrame = 16384;

struct Frame {
  Opcode opcode;
  bool final;
  std::string_view payload;
  size_t size;  // bytes of the whole frame
};

// Returns one frame. Precondition: the payload has at most kMaxFrame - 4 bytes.
std::string make_frame(Opcode opcode, bool final, std::string_view payload);

// Largest number of bytes that the frames of a message take.
constexpr size_t framed_size(size_t payload) { return payload + 4 * (payload / (kMaxFrame - 4) + 1); }

// Appends the frames of a message.
void append_message(FrameSink& sink, const Message& message);

// Appends the frames of a message that is compressed, RFC 7692 section 6: its first frame says so.
void append_compressed(FrameSink& sink, Opcode opcode, std::string_view payload);

// Returns the frame at the beginning of `bytes`. Precondition: bytes are whole frames from append_message().
Frame first_frame(std::string_view bytes);

// Returns true if the last frame is the last one of its message. Same precondition.
bool ends_message(std::string_view frames);

}  // namespace lws_chat
