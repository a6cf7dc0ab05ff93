#include "wire/inflater.h"

#include <string>

#include "support/deflated.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr size_t kLimit = 65536;

std::string read(Inflater& inflater, const std::string& payload, size_t limit = kLimit) {
  std::string message;
  switch (inflater.inflate(message, payload, limit)) {
    case Inflated::kOk: return message;
    case Inflated::kBroken: return "broken";
    case Inflated::kTooLong: return "too long";
  }
  return "";
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (int value : values) text += static_cast<char>(value);
  return text;
}

std::string varied(size_t size) {
  std::string text;
  unsigned seed = 1;
  while (text.size() < size) text += std::to_string(seed = seed * 1103515245 + 12345);
  return text.substr(0, size);
}

}  // namespace

TEST(the_examples_of_rfc_7692_section_7_2_3_are_read) {
  Inflater inflater;
  CHECK_EQ(read(inflater, bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  CHECK_EQ(read(inflater, bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00})), "Hello");
  CHECK_EQ(read(inflater, bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00})), "Hello");
  CHECK_EQ(read(inflater, bytes({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00})),
           "Hello");
}

TEST(messages_of_all_levels_and_lengths_are_read) {
  Inflater inflater;
  for (int level : {0, 1, 6, 9})
    for (size_t size : {0, 1, 1000, 5000, 65535, 65536})
      CHECK_EQ(read(inflater, deflated(varied(size), level)), varied(size));
}

TEST(a_message_may_end_with_a_last_block) {
  Inflater inflater;
  CHECK_EQ(read(inflater, deflated(varied(3000), 6, Z_FINISH)), varied(3000));
  CHECK_EQ(read(inflater, deflated("one ", 6, Z_FINISH) + deflated("two")), "one two");
}

TEST(a_message_of_more_bytes_than_the_limit_is_too_long) {
  Inflater inflater;
  CHECK_EQ(read(inflater, deflated(std::string(kLimit, 'a'))).size(), kLimit);
  CHECK_EQ(read(inflater, deflated(std::string(kLimit + 1, 'a'))), "too long");
  CHECK_EQ(read(inflater, deflated("ab"), 1), "too long");
}

TEST(a_bomb_takes_no_more_memory_than_the_limit) {
  Inflater inflater;
  std::string bomb = deflated(std::string(60'000'000, '\0'), 9);
  CHECK(bomb.size() < 60000);
  std::string message;
  CHECK(inflater.inflate(message, bomb, kLimit) == Inflated::kTooLong);
  CHECK(message.capacity() <= 2 * kLimit);
}

TEST(a_truncated_message_is_broken) {
  Inflater inflater;
  std::string payload = deflated(varied(3000));
  for (size_t size = 1; size + 1 < payload.size(); ++size)
    CHECK(read(inflater, payload.substr(0, size)) != varied(3000));
  CHECK_EQ(read(inflater, payload.substr(0, payload.size() / 2)), "broken");
  CHECK_EQ(read(inflater, payload), varied(3000));
}

TEST(blocks_without_end_are_broken) {
  Inflater inflater;
  // A stored block that announces more than there is; a block of the reserved type; a distance before the beginning.
  CHECK_EQ(read(inflater, bytes({0x00, 0xff, 0xff, 0x00, 0x00, 'a', 'b'})), "broken");
  CHECK_EQ(read(inflater, bytes({0x06})), "broken");
  CHECK_EQ(read(inflater, bytes({0x02, 0x7e, 0x00})), "broken");
  CHECK_EQ(read(inflater, std::string(5, '\xff')), "broken");
  CHECK_EQ(read(inflater, ""), "broken");
}

TEST(thousands_of_empty_blocks_are_an_empty_message) {
  Inflater inflater;
  std::string payload;
  for (int i = 0; i < 10000; ++i) payload += bytes({0x00, 0x00, 0x00, 0xff, 0xff});
  CHECK_EQ(read(inflater, payload + '\0'), "");
  CHECK_EQ(read(inflater, std::string(1, '\0')), "");
}

TEST(a_message_cannot_refer_to_the_one_before) {
  Inflater inflater;
  z_stream stream{};
  CHECK(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string text = varied(500);
  std::string both[2];
  for (std::string& payload : both) {
    payload.resize(2000);
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(payload.data());
    stream.avail_out = static_cast<uInt>(payload.size());
    deflate(&stream, Z_SYNC_FLUSH);
    payload.resize(payload.size() - stream.avail_out - 4);
  }
  deflateEnd(&stream);
  CHECK_EQ(read(inflater, both[0]), text);
  CHECK_EQ(read(inflater, both[1]), "broken");
}
