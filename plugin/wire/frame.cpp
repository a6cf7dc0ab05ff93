#include "wire/frame.h"

#include <algorithm>

namespace lws_chat {
namespace {

constexpr size_t kLongHeader = 4;
constexpr size_t kMaxPayload = kMaxFrame - kLongHeader;
constexpr size_t kMaxShortPayload = 125;

static_assert(kMaxFrame <= Stream::kMaxFrame);

// RSV1, the bit of the first byte that says that a message is compressed.
constexpr uint8_t kCompressed = 0x40;

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

// Sets these bits in the first byte of the first frame.
void append_frames(FrameSink& sink, Opcode opcode, uint8_t bits, std::string_view rest) {
  do {
    std::string_view part = rest.substr(0, std::min(rest.size(), kMaxPayload));
    rest.remove_prefix(part.size());
    char header[kLongHeader];
    std::string_view written = write_header(header, opcode, rest.empty(), part.size());
    header[0] = static_cast<char>(header[0] | bits);
    sink.append(written, part);
    opcode = Opcode::kContinuation;
    bits = 0;
  } while (!rest.empty());
}

}  // namespace

std::string make_frame(Opcode opcode, bool final, std::string_view payload) {
  char header[kLongHeader];
  std::string frame(write_header(header, opcode, final, payload.size()));
  frame += payload;
  return frame;
}

void append_message(FrameSink& sink, const Message& message) {
  append_frames(sink, message.format == Format::kBinary ? Opcode::kBinary : Opcode::kText, 0, message.payload);
}

void append_compressed(FrameSink& sink, Opcode opcode, std::string_view payload) {
  append_frames(sink, opcode, kCompressed, payload);
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
