// The first byte of the input is the limit, in units of 64 bytes. The rest is the payload of a client's message. What
// can be read must be within the limit, and be read again when it is compressed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "support/deflated.h"
#include "wire/compression_offer.h"
#include "wire/deflater.h"
#include "wire/frame.h"
#include "wire/inflater.h"

using namespace lws_chat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static Inflater inflater;
  static Deflater deflater(1);
  size_t limit = size_t{data[0]} * 64;
  std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)accept_compression(payload);
  std::string message;
  Inflated result = inflater.inflate(message, payload, limit);
  if (message.size() > limit + 1) std::abort();
  if (result != Inflated::kOk) return 0;
  if (message.size() > limit) std::abort();

  std::string plain;
  FrameString plain_frames(plain);
  append_message(plain_frames, Message{message, Format::kBinary});
  std::string packed;
  FrameString packed_frames(packed);
  deflater.pack(packed_frames, plain);
  if (packed.size() > plain.size()) std::abort();
  if (packed == plain) return 0;
  std::string again;
  if (inflater.inflate(again, first_frame(packed).payload, limit) != Inflated::kOk || again != message) std::abort();
  return 0;
}
