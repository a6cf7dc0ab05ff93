#include "wire/deflater.h"

#include <string>
#include <vector>

#include "support/deflated.h"
#include "support/unit.h"
#include "wire/frame.h"

using namespace lws_chat;

namespace {

std::string framed(std::string_view payload, Format format = Format::kText) {
  std::string frames;
  FrameString sink(frames);
  append_message(sink, Message{payload, format});
  return frames;
}

std::string packed(Deflater& deflater, std::string_view frames) {
  std::string bytes;
  FrameString sink(bytes);
  deflater.pack(sink, frames);
  return bytes;
}

// The payload of a message, which must be marked as compressed in its first frame and in no other.
std::string unpacked(std::string_view frames, Opcode opcode = Opcode::kText) {
  std::string payload;
  for (bool first = true; !frames.empty(); first = false) {
    CHECK_EQ((frames[0] & 0x70) != 0, first);
    Frame frame = first_frame(frames);
    CHECK(frame.opcode == (first ? opcode : Opcode::kContinuation));
    CHECK_EQ(frame.final, frame.size == frames.size());
    CHECK(frame.size <= kMaxFrame);
    payload += frame.payload;
    frames.remove_prefix(frame.size);
  }
  return inflated(payload);
}

// Text that does not shrink to a single frame.
std::string varied(size_t size) {
  std::string text;
  unsigned seed = 1;
  while (text.size() < size) text += std::to_string(seed = seed * 1103515245 + 12345);
  return text.substr(0, size);
}

std::string noise(size_t size) {
  std::string bytes;
  for (uint64_t seed = 1; bytes.size() < size; seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17)
    bytes += static_cast<char>(seed >> 32);
  return bytes;
}

}  // namespace

TEST(a_reader_inflates_each_message_by_itself) {
  Deflater deflater(1);
  for (const std::string& text : {std::string(1000, 'a'), varied(900), varied(100000), std::string(1000, 'a')}) {
    std::string frames = packed(deflater, framed(text));
    CHECK(frames.size() < framed(text).size());
    CHECK_EQ(unpacked(frames), text);
  }
}

TEST(a_binary_message_stays_binary) {
  Deflater deflater(1);
  std::string bytes(5000, '\0');
  CHECK_EQ(unpacked(packed(deflater, framed(bytes, Format::kBinary)), Opcode::kBinary), bytes);
}

TEST(short_and_very_long_messages_stay_as_they_are) {
  Deflater deflater(256);
  for (size_t size : {size_t{0}, size_t{1}, size_t{255}, size_t{262145}}) {
    std::string frames = framed(std::string(size, 'a'));
    CHECK_EQ(packed(deflater, frames), frames);
  }
  CHECK_EQ(deflater.counters().messages, 0u);
  std::string frames = framed(std::string(256, 'a'));
  CHECK(packed(deflater, frames) != frames);
}

TEST(a_message_that_does_not_shrink_stays_as_it_is) {
  Deflater deflater(1);
  for (size_t size : {1, 2, 125, 126, 1000, 40000}) {
    std::string frames = framed(noise(size), Format::kBinary);
    CHECK_EQ(packed(deflater, frames), frames);
  }
  // The next one is not disturbed.
  CHECK_EQ(unpacked(packed(deflater, framed(varied(3000)))), varied(3000));
}

TEST(counters_have_messages_and_bytes_before_and_after) {
  Deflater deflater(1);
  std::string frames = packed(deflater, framed(std::string(1000, 'a')));
  packed(deflater, framed("a"));
  CHECK_EQ(deflater.counters().messages, 1u);
  CHECK_EQ(deflater.counters().plain_bytes, 1000u);
  CHECK_EQ(deflater.counters().compressed_bytes, frames.size() - 2);
}
