#include "core/log/history.h"

#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

struct Fixture {
  BlockPool pool;
  HistoryLimits limits{10, 100000, 1000};
  History history{pool, nullptr, limits};

  void add(std::string_view text, Time now = 0, Format format = Format::kText) {
    history.add(Message{text, format}, now);
  }
  std::string all() const {
    std::string text;
    for (uint64_t i = history.first(); i <= history.top(); ++i) {
      text += history.from(i).next().message.payload;
      text += ' ';
    }
    return text;
  }
};

}  // namespace

TEST(an_empty_history_has_no_first_message) {
  Fixture f;
  CHECK(f.history.empty());
  CHECK_EQ(f.history.top(), 0u);
  CHECK_EQ(f.history.first(), 1u);
}

TEST(messages_have_offsets_from_one_on_and_stay_unchanged) {
  Fixture f;
  f.add("a", 5);
  f.add(std::string_view("b\0c", 3), 6, Format::kBinary);
  f.add("", 7);
  CHECK_EQ(f.history.top(), 3u);
  CHECK_EQ(f.history.from(1).next().message.payload, "a");
  CHECK_EQ(f.history.from(1).next().time, 5);
  CHECK_EQ(f.history.from(2).next().message.payload, std::string_view("b\0c", 3));
  CHECK(f.history.from(2).next().message.format == Format::kBinary);
  CHECK_EQ(f.history.from(3).next().message.payload, "");
}

TEST(a_message_is_outdated_by_the_last_one_if_that_has_the_same_version_or_a_later_one) {
  Fixture f;
  auto message = [](uint64_t version, std::string_view epoch) {
    Message made{"text"};
    made.version = version;
    made.version_epoch = epoch;
    return made;
  };
  CHECK(!f.history.is_outdated(message(1, "")));
  f.history.add(message(3, "a"), 0);
  f.add("other");
  CHECK(!f.history.is_outdated(message(1, "a")));
  f.history.add(message(3, "a"), 0);
  CHECK_EQ(f.history.from(1).next().message.version, 3u);
  CHECK_EQ(f.history.from(2).next().message.payload, "other");
  CHECK_EQ(f.history.from(2).next().message.version, 0u);
  CHECK_EQ(f.history.from(3).next().message.payload, "text");
  CHECK(f.history.is_outdated(message(3, "a")));
  CHECK(f.history.is_outdated(message(2, "")));
  CHECK(!f.history.is_outdated(message(4, "a")));
  CHECK(!f.history.is_outdated(message(2, "b")));
  CHECK(!f.history.is_outdated(message(0, "a")));
}

TEST(a_history_is_limited_by_count) {
  Fixture f;
  for (int i = 1; i <= 25; ++i) f.add(std::to_string(i));
  CHECK_EQ(f.history.count(), 10u);
  CHECK_EQ(f.history.first(), 16u);
  CHECK_EQ(f.all(), "16 17 18 19 20 21 22 23 24 25 ");
}

TEST(a_history_is_limited_by_bytes) {
  Fixture f;
  f.limits.bytes = 10;
  for (const char* text : {"aaaa", "bbbb", "cccc"}) f.add(text);
  CHECK_EQ(f.all(), "bbbb cccc ");
  CHECK_EQ(f.history.bytes(), 8u);
}

TEST(a_history_is_limited_by_age) {
  Fixture f;
  f.add("old", 0);
  f.add("new", 500);
  f.history.expire(999);
  CHECK_EQ(f.history.count(), 2u);
  f.history.expire(1000);
  CHECK_EQ(f.all(), "new ");
  f.history.expire(1500);
  CHECK(f.history.empty());
  CHECK_EQ(f.history.top(), 2u);
}

TEST(a_message_that_does_not_fit_empties_the_history_without_a_gap) {
  Fixture f;
  f.limits.bytes = 10;
  f.add("small");
  f.add("much too large");
  CHECK(f.history.empty());
  f.add("next");
  CHECK_EQ(f.history.first(), 3u);
  CHECK_EQ(f.all(), "next ");
}

TEST(size_zero_keeps_no_messages_but_counts_offsets) {
  Fixture f;
  f.limits.messages = 0;
  f.add("a");
  f.add("b");
  CHECK(f.history.empty());
  CHECK_EQ(f.history.top(), 2u);
  CHECK_EQ(f.pool.bytes_in_use(), 0u);
}

TEST(messages_larger_than_any_block_are_kept) {
  Fixture f;
  f.limits.bytes = 1 << 20;
  f.add("before");
  f.add(std::string(200000, 'x'));
  f.add("after");
  CHECK_EQ(f.history.from(2).next().message.payload.size(), 200000u);
  CHECK_EQ(f.history.from(3).next().message.payload, "after");
}

TEST(memory_is_freed_with_the_messages) {
  Fixture f;
  for (int i = 0; i < 10000; ++i) f.add(std::string(100, 'x'));
  CHECK(f.pool.bytes_in_use() < 200000);
  f.history.clear();
  CHECK_EQ(f.pool.bytes_in_use(), 0u);
}

TEST(the_oldest_page_can_be_dropped_alone) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.add(std::string(300, 'x'));
  size_t before = f.pool.bytes_in_use();
  f.history.forget_oldest_page();
  CHECK(f.pool.bytes_in_use() < before);
  CHECK(f.history.count() < 10 && !f.history.empty());
  CHECK_EQ(f.history.top(), 10u);
}
