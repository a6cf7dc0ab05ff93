// The input is a message. Its first byte chooses text or binary, and the number of repetitions. Reading its frames must
// give the message again, whole and in order.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/utf8.h"
#include "wire/frame.h"

using namespace lws_chat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string payload;
  for (int i = 0; i <= data[0] >> 1; ++i) payload.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool binary = data[0] & 1;
  BlockPool pool;
  Stream stream(pool, nullptr);
  Cursor reader = stream.join();
  append_message(stream, Message{payload, binary ? Format::kBinary : Format::kText});
  std::string together;
  bool final = false;
  while (reader < stream.head()) {
    std::string_view part = stream.unread(reader, stream.head());
    size_t taken = 0;
    while (taken < part.size()) {
      if (final) std::abort();
      Frame frame = first_frame(part.substr(taken));
      if (frame.size > kMaxFrame) std::abort();
      Opcode first = binary ? Opcode::kBinary : Opcode::kText;
      if (frame.opcode != (taken == 0 && together.empty() && reader == 0 ? first : Opcode::kContinuation)) std::abort();
      together += frame.payload;
      final = frame.final;
      taken += frame.size;
    }
    reader = stream.advance(reader, taken);
  }
  if (!final || together != payload) std::abort();
  stream.leave(reader);
  (void)is_utf8(payload);
  return 0;
}
