#include "wire/frame.h"

#include <string>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

// The frames of a message, as a reader gets them.
std::string encoded(std::string_view payload, Format format = Format::kText) {
  BlockPool pool;
  Stream stream(pool, nullptr);
  Cursor reader = stream.join();
  append_message(stream, Message{payload, format});
  std::string all;
  while (reader < stream.head()) {
    std::string_view part = stream.unread(reader, stream.head());
    all += part;
    reader = stream.advance(reader, part.size());
  }
  stream.leave(reader);
  return all;
}

std::vector<Frame> split(std::string_view bytes) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    frames.push_back(first_frame(bytes));
    bytes.remove_prefix(frames.back().size);
  }
  return frames;
}

}  // namespace

TEST(the_example_of_rfc_6455_section_5_7) { CHECK_EQ(encoded("Hello"), "\x81\x05Hello"); }

TEST(an_empty_message_is_an_empty_frame) { CHECK_EQ(encoded(""), std::string("\x81\x00", 2)); }

TEST(binary_has_its_own_opcode) { CHECK_EQ(encoded("x", Format::kBinary), "\x82\x01x"); }

TEST(a_length_from_126_on_takes_two_more_bytes) {
  CHECK_EQ(encoded(std::string(125, 'x')).size(), 127u);
  std::string bytes = encoded(std::string(126, 'x'));
  CHECK_EQ(bytes.size(), 130u);
  CHECK_EQ(bytes.substr(0, 4), std::string("\x81\x7e\x00\x7e", 4));
}

TEST(a_long_message_is_split_into_frames_that_add_up) {
  for (size_t size : {size_t{16380}, size_t{16381}, size_t{32760}, size_t{65536}, size_t{1000000}}) {
    std::string payload(size, '\0');
    for (size_t i = 0; i < size; ++i) payload[i] = static_cast<char>('a' + i % 23);
    std::string bytes = encoded(payload);
    std::vector<Frame> frames = split(bytes);
    std::string together;
    for (size_t i = 0; i < frames.size(); ++i) {
      CHECK(frames[i].size <= kMaxFrame);
      CHECK(frames[i].opcode == (i == 0 ? Opcode::kText : Opcode::kContinuation));
      CHECK_EQ(frames[i].final, i + 1 == frames.size());
      together += frames[i].payload;
    }
    CHECK(together == payload);
    CHECK_EQ(frames.size(), (size + 16379) / 16380);
  }
}

TEST(only_the_last_frame_ends_a_message) {
  std::string frames = encoded(std::string(40000, 'x'));
  CHECK(ends_message(frames));
  CHECK(!ends_message(frames.substr(0, kMaxFrame)));
  CHECK(ends_message(frames + encoded("y")));
  CHECK(!ends_message(encoded("y") + frames.substr(0, kMaxFrame)));
}
