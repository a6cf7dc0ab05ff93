#include "wire/frame.h"

#include <algorithm>

namespace lws_chat {
namespace {

constexpr size_t kLongHeader = 4;
constexpr size_t kMaxPayload = kMaxFrame - kLongHeader;
constexpr size_t kMaxShortPayload = 125;

static_assert(kMaxFrame <= Stream::kMaxFrame);

// Writes a frame's header into the buffer. Returns its 2 or 4 bytes.
std::string_view write_header(char (&header)[kLongHeader], Opcode opcode, bool final, size_t payload) {
  header[0] = static_cast<char>(static_cast<uint8_t>(opcode) | (final ? 0x80u : 0u));
  if (payload <= kMaxShortPayload) {
    header[1] = static_cast<char>(payload);
    return {header, 2};
  }
  header[1] = 126;
  header[2] = static_cast<char>(payload >> 8);
  header[3] = static_cast<char>(payload & 0xff);
  return {header, kLongHeader};
}

}  // namespace

std::string make_frame(Opcode opcode, bool final, std::string_view payload) {
  char header[kLongHeader];
  std::string frame(write_header(header, opcode, final, payload.size()));
  frame += payload;
  return frame;
}

void append_message(FrameSink& sink, const Message& message) {
  std::string_view rest = message.payload;
  Opcode opcode = message.format == Format::kBinary ? Opcode::kBinary : Opcode::kText;
  do {
    std::string_view part = rest.substr(0, std::min(rest.size(), kMaxPayload));
    rest.remove_prefix(part.size());
    char header[kLongHeader];
    sink.append(write_header(header, opcode, rest.empty(), part.size()), part);
    opcode = Opcode::kContinuation;
  } while (!rest.empty());
}

Frame first_frame(std::string_view bytes) {
  auto octet = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  size_t header = 2;
  size_t length = octet(1);
  if (length == 126) {
    header = kLongHeader;
    length = static_cast<size_t>(octet(2)) << 8 | octet(3);
  }
  return {static_cast<Opcode>(octet(0) & 0x0f), (octet(0) & 0x80) != 0, bytes.substr(header, length), header + length};
}

bool ends_message(std::string_view frames) {
  bool final = true;
  while (!frames.empty()) {
    Frame frame = first_frame(frames);
    final = frame.final;
    frames.remove_prefix(frame.size);
  }
  return final;
}

}  // namespace lws_chat
