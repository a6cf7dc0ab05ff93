#include "redis/reply_reader.h"

#include <algorithm>

#include "support/unit.h"

using namespace lws_chat;
using Kind = RedisReply::Kind;

namespace {

constexpr size_t kEnough = 1 << 20;

constexpr char kNested[] = "*4\r\n$3\r\none\r\n*2\r\n:2\r\n*3\r\n$-1\r\n-ERR no\r\n*-1\r\n*0\r\n+OK\r\n";

void check_nested(const RedisReply& reply) {
  CHECK_EQ(reply.items.size(), 4u);
  CHECK_EQ(reply.items[0].text, "one");
  const RedisReply& inner = reply.items[1];
  CHECK_EQ(inner.items.size(), 2u);
  CHECK_EQ(inner.items[0].integer, 2);
  CHECK(inner.items[1].items[0].kind == Kind::kNil);
  CHECK(inner.items[1].items[1].is_error());
  CHECK(inner.items[1].items[2].kind == Kind::kNil);
  CHECK(reply.items[2].kind == Kind::kArray && reply.items[2].items.empty());
  CHECK(reply.items[3].is_text());
}

RedisReply only(const std::string& bytes) {
  ReplyReader reader(kEnough);
  reader.feed(bytes.data(), bytes.size());
  RedisReply reply;
  CHECK(reader.next(reply));
  RedisReply none;
  CHECK(!reader.next(none));
  return reply;
}

// Why a reader gives up that gets these bytes a few at a time.
std::string problem_with(const std::string& bytes) {
  ReplyReader reader(kEnough);
  RedisReply reply;
  for (size_t at = 0; at < bytes.size() && reader.problem().empty(); at += 1000) {
    reader.feed(bytes.data() + at, std::min<size_t>(bytes.size() - at, 1000));
    CHECK(!reader.next(reply));
  }
  return reader.problem();
}

constexpr char kTooLarge[] = "a reply that needs more than 1048576 bytes";

}  // namespace

TEST(each_kind_of_reply_is_read) {
  CHECK_EQ(only(std::string("$3\r\na\0b\r\n", 9)).text, std::string("a\0b", 3));
  CHECK(only("+OK\r\n").is_text());
  CHECK_EQ(only(":-12\r\n").integer, -12);
  CHECK(only("$-1\r\n").kind == Kind::kNil);
  CHECK(only("-ERR no\r\n").is_error());
  CHECK_EQ(only("-ERR no\r\n").text, "ERR no");
  check_nested(only(kNested));
}

TEST(bytes_may_come_one_by_one) {
  ReplyReader reader(kEnough);
  std::string bytes = std::string(kNested) + ":1\r\n" + kNested;
  std::vector<RedisReply> replies;
  for (char byte : bytes) {
    reader.feed(&byte, 1);
    RedisReply reply;
    while (reader.next(reply)) replies.push_back(std::move(reply));
  }
  CHECK_EQ(replies.size(), 3u);
  check_nested(replies[0]);
  CHECK_EQ(replies[1].integer, 1);
  check_nested(replies[2]);
}

TEST(a_server_that_announces_more_than_it_sends_costs_nothing) {
  ReplyReader reader(kEnough);
  std::string bytes = "*10000\r\n*10000\r\n*10000\r\n";
  reader.feed(bytes.data(), bytes.size());
  RedisReply reply;
  CHECK(!reader.next(reply));
  CHECK_EQ(reader.problem(), "");
  CHECK(reader.has_part());
}

TEST(a_reply_that_is_announced_larger_than_it_may_be_ends_it_at_once) {
  for (const char* bytes : {"$1048577\r\n", "$9223372036854775807\r\nA", "*2000000000\r\n", "*2\r\n$2000000\r\n"})
    CHECK_EQ(problem_with(bytes), kTooLarge);
}

TEST(a_reply_that_becomes_larger_than_it_may_be_ends_it) {
  std::string array = "*10000\r\n";
  for (int i = 0; i < 11; ++i) array += "$99990\r\n" + std::string(99'990, 'x') + "\r\n";
  CHECK_EQ(problem_with(array), kTooLarge);
  // An item of four bytes needs more of our memory.
  std::string numbers = "*13000\r\n*13000\r\n*13000\r\n";
  for (int i = 0; i < 15'000; ++i) numbers += ":1\r\n";
  CHECK_EQ(problem_with(numbers), kTooLarge);
}

TEST(arrays_within_arrays_have_an_end) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "*1\r\n";
  CHECK(!problem_with(deep).empty());
}

TEST(a_line_without_an_end_is_not_kept) {
  for (const char* kind : {"+", "-", ":", "$", "*", "*2\r\n+"})
    CHECK(!problem_with(kind + std::string(ReplyReader::kLongestLine, '1')).empty());
}

TEST(many_replies_may_need_more_than_one_may) {
  ReplyReader reader(kEnough);
  RedisReply reply;
  std::string bytes = "*2\r\n$300000\r\n" + std::string(300'000, 'x') + "\r\n:1\r\n";
  for (int i = 0; i < 10; ++i) {
    reader.feed(bytes.data(), bytes.size());
    CHECK(reader.next(reply));
    CHECK(!reader.next(reply));
    CHECK(!reader.has_part());
  }
  reader.allow(1000);
  reader.feed(bytes.data(), bytes.size());
  CHECK(!reader.next(reply));
  CHECK(!reader.problem().empty());
}

TEST(what_is_not_redis_protocol_is_told_and_ends_it) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "*99999999999999\r\n", ":x\r\n"}) {
    ReplyReader reader(kEnough);
    reader.feed(bytes, std::string(bytes).size());
    RedisReply reply;
    CHECK(!reader.next(reply));
    CHECK(!reader.problem().empty());
    reader.feed("+OK\r\n", 5);
    CHECK(!reader.next(reply));
  }
}
