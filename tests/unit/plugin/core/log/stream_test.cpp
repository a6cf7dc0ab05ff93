#include "core/log/stream.h"

#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

// Reads from a cursor to the head. Returns the bytes.
std::string drain(Stream& stream, Cursor& cursor) {
  std::string all;
  while (true) {
    std::string_view part = stream.unread(cursor, stream.head());
    if (part.empty()) return all;
    all += part;
    cursor = stream.advance(cursor, part.size());
  }
}

struct Fixture {
  BlockPool pool;
  Stream stream{pool, nullptr};
};

}  // namespace

TEST(a_reader_gets_the_bytes_appended_after_its_join) {
  Fixture f;
  Cursor early = f.stream.join();
  f.stream.append("he", "llo");
  Cursor late = f.stream.join();
  f.stream.append("", " world");
  CHECK_EQ(drain(f.stream, early), "hello world");
  CHECK_EQ(drain(f.stream, late), " world");
  f.stream.leave(early);
  f.stream.leave(late);
}

TEST(a_caught_up_reader_has_no_unread_bytes) {
  Fixture f;
  Cursor reader = f.stream.join();
  CHECK(f.stream.unread(reader, f.stream.head()).empty());
  f.stream.leave(reader);
}

TEST(unread_stops_at_the_limit) {
  Fixture f;
  Cursor reader = f.stream.join();
  f.stream.append("", "abc");
  Cursor stop = f.stream.head();
  f.stream.append("", "def");
  CHECK_EQ(f.stream.unread(reader, stop), "abc");
  f.stream.leave(reader);
}

TEST(unread_bytes_are_contiguous_up_to_the_largest_segment) {
  Fixture f;
  Cursor reader = f.stream.join();
  std::string all;
  for (int i = 0; i < 60; ++i) {
    std::string payload(1000, static_cast<char>('a' + i % 26));
    f.stream.append("", payload);
    all += payload;
    CHECK_EQ(f.stream.unread(reader, f.stream.head()), all);
  }
  f.stream.leave(reader);
}

TEST(returned_bytes_do_not_move_while_the_stream_is_held) {
  Fixture f;
  Cursor reader = f.stream.join();
  f.stream.append("", "first");
  std::string_view given = f.stream.unread(reader, f.stream.head());
  f.stream.hold();
  for (int i = 0; i < 20; ++i) f.stream.append("", std::string(1000, 'x'));
  CHECK_EQ(given, "first");
  f.stream.release();
  f.stream.leave(reader);
}

TEST(a_stream_with_only_caught_up_readers_has_no_segment) {
  Fixture f;
  Cursor reader = f.stream.join();
  for (int i = 0; i < 100; ++i) f.stream.append("", std::string(1000, 'x'));
  CHECK(f.pool.bytes_in_use() >= 100000);
  drain(f.stream, reader);
  CHECK_EQ(f.pool.bytes_in_use(), 0u);
  CHECK_EQ(f.stream.tail(), f.stream.head());
  f.stream.leave(reader);
}

TEST(a_stream_without_readers_has_no_segment) {
  Fixture f;
  f.stream.append("", "nobody");
  CHECK_EQ(f.pool.bytes_in_use(), 0u);
}

TEST(segments_before_the_slowest_reader_are_freed) {
  Fixture f;
  Cursor fast = f.stream.join();
  Cursor slow = f.stream.join();
  for (int i = 0; i < 100; ++i) f.stream.append("", std::string(1000, 'x'));
  drain(f.stream, fast);
  size_t held = f.pool.bytes_in_use();
  CHECK(held >= 100000);
  slow = f.stream.advance(slow, f.stream.unread(slow, f.stream.head()).size());
  CHECK(f.pool.bytes_in_use() < held);
  CHECK_EQ(f.stream.tail(), slow);
  f.stream.leave(slow);
  CHECK_EQ(f.pool.bytes_in_use(), 0u);
  f.stream.leave(fast);
}

TEST(a_frame_never_straddles_two_segments) {
  Fixture f;
  Cursor reader = f.stream.join();
  std::string frame(700, 'f');
  for (int i = 0; i < 500; ++i) f.stream.append("", frame);
  while (true) {
    std::string_view part = f.stream.unread(reader, f.stream.head());
    if (part.empty()) break;
    CHECK_EQ(part.size() % frame.size(), 0u);
    reader = f.stream.advance(reader, part.size());
  }
  f.stream.leave(reader);
}

TEST(the_largest_frame_fits) {
  Fixture f;
  Cursor reader = f.stream.join();
  f.stream.append("", "small");
  f.stream.append("", std::string(Stream::kMaxFrame, 'x'));
  CHECK_EQ(drain(f.stream, reader).size(), 5 + Stream::kMaxFrame);
  f.stream.leave(reader);
}

TEST(a_held_stream_keeps_returned_bytes) {
  Fixture f;
  Cursor reader = f.stream.join();
  f.stream.append("", "kept");
  f.stream.hold();
  std::string_view given = f.stream.unread(reader, f.stream.head());
  reader = f.stream.advance(reader, given.size());
  CHECK(f.pool.bytes_in_use() > 0);
  CHECK_EQ(given, "kept");
  f.stream.release();
  CHECK_EQ(f.pool.bytes_in_use(), 0u);
  f.stream.leave(reader);
}
