#include "core/room/pages.h"

#include <deque>
#include <string>

#include "core/recovery.h"
#include "support/durable_fixture.h"

using namespace lws_chat;
using namespace lws_chat::durable_test;

TEST(a_reader_gets_what_memory_does_not_have_from_the_journal_and_then_what_is_new) {
  Fixture f;
  f.publish(8);
  Reader reader;
  f.enter_from(reader, 2);
  CHECK_EQ(reader.read, "");
  CHECK(reader.waits_for_page() && !reader.behind());
  f.publish(1);
  f.turn();
  CHECK_EQ(reader.read, "2 3 4 5 6 7 8 9 ");
  f.hub->leave(reader, f.now);
}

TEST(a_page_that_comes_late_closes_the_gap_although_memory_has_moved_on) {
  Fixture f;
  f.publish(8);
  Reader reader;
  f.enter_from(reader, 3);
  f.journal->at_once = false;
  f.turn();
  reader.read.clear();
  f.hub->leave(reader, f.now);
  f.enter_from(reader, 3);
  f.journal->at_once = true;
  f.publish(2);  // memory has 8 to 10 now, the page was asked for up to 5
  CHECK_EQ(reader.read, "");
  f.settle();
  CHECK_EQ(reader.read, "3 4 5 6 7 8 9 10 ");
  CHECK_EQ(f.hub->counters().replayed, 6u + 6u);
  f.hub->leave(reader, f.now);
}

TEST(a_newcomer_gets_as_many_messages_as_the_room_keeps) {
  Fixture f;
  f.publish(12);
  Reader reader;
  f.enter(reader, 100);
  f.turn();
  CHECK_EQ(reader.read, "3 4 5 6 7 8 9 10 11 12 ");
  f.hub->leave(reader, f.now);
}

TEST(a_newcomer_does_not_miss_what_is_too_old) {
  Fixture f;
  f.publish(6);
  f.wait(50 * kSecond);
  f.publish(2);
  f.room().history().clear();  // so that only the journal knows
  f.wait(20 * kSecond);
  Reader reader;
  f.enter(reader, 100);
  f.turn();
  CHECK_EQ(reader.read, "7 8 ");
  CHECK_EQ(f.room().first_kept(), 7u);
  f.hub->leave(reader, f.now);
}

TEST(a_reader_that_comes_back_is_told_if_the_journal_has_lost_its_next_message) {
  Fixture f;
  f.publish(8);
  Reader reader;
  f.journal->at_once = false;
  f.enter_from(reader, 2);
  f.disk["room"].messages.pop_front();
  f.disk["room"].messages.pop_front();
  f.settle();
  CHECK(reader.why == Status::kReplayLost);
  CHECK_EQ(reader.read, "");
  CHECK(!recover_after(f.room(), {f.room().epoch(), 1}).whole);
}

TEST(a_journal_that_cannot_read_sends_the_reader_away_and_nobody_else) {
  Fixture f;
  f.publish(8);
  Reader reader, other;
  f.enter(other, 0);
  f.journal->read_status = Status::kUnavailable;
  f.enter_from(reader, 2);
  f.settle();
  CHECK(reader.why == Status::kUnavailable);
  CHECK(other.why == Status::kOk && other.room());
  f.hub->leave(other, f.now);
}

TEST(a_reader_may_leave_while_its_page_is_read) {
  Fixture f;
  f.publish(8);
  f.journal->at_once = false;
  {
    Reader reader;
    f.enter_from(reader, 2);
    f.hub->leave(reader, f.now);
  }
  Reader again;
  f.enter_from(again, 4);
  f.hub->leave(again, f.now);
  f.enter_from(again, 5);
  f.settle();
  CHECK_EQ(again.read, "5 6 7 8 ");
  f.hub->leave(again, f.now);
  CHECK(f.hub->memory().clients.used() < 10000);
}

TEST(a_reader_that_takes_little_gets_every_message_once) {
  Fixture f;
  f.publish(9);
  Reader reader;
  reader.one_message = true;
  f.enter_from(reader, 1);
  for (int i = 0; i < 30; ++i) {
    f.turn();
    reader.open = true;
    f.pump(reader);
    if (i == 3) f.publish(1);
  }
  CHECK_EQ(reader.read, "1 2 3 4 5 6 7 8 9 10 ");
  f.hub->leave(reader, f.now);
}

TEST(a_reader_is_not_slow_while_the_journal_reads) {
  Fixture f(100);
  f.publish(8);
  Reader reader;
  f.journal->at_once = false;
  f.enter_from(reader, 1);
  f.turn();
  f.journal->at_once = true;
  std::string large(60000, 'x');
  for (int i = 0; i < 20; ++i) (void)publish(*f.hub, "room", Message{large}, f.now);
  f.turn();
  CHECK(reader.why == Status::kOk);
  f.settle();
  CHECK_EQ(reader.read.size(), 8 * 2 + 20 * (large.size() + 1));
  f.hub->leave(reader, f.now);
}

TEST(few_pages_are_read_at_the_same_time_and_everybody_gets_one) {
  Fixture f;
  f.publish(8);
  f.journal->at_once = false;
  std::deque<Reader> readers(3 * Pages::kAtOnce);
  for (Reader& reader : readers) f.enter_from(reader, 5);
  CHECK_EQ(f.journal->reads.size(), Pages::kAtOnce);
  CHECK(f.hub->memory().clients.used() >= Pages::kAtOnce * Pages::kBytes);
  f.hub->leave(readers[Pages::kAtOnce + 1], f.now);
  f.settle();
  for (Reader& reader : readers)
    if (reader.room()) CHECK_EQ(reader.read, "5 6 7 8 ");
  for (Reader& reader : readers) f.hub->leave(reader, f.now);
  CHECK(f.hub->memory().clients.used() < 10000);
}

TEST(many_pages_follow_each_other) {
  Fixture f(5000);
  f.publish(1000);
  f.restart();
  Reader reader;
  f.enter_from(reader, 1);
  f.turn();
  std::string all;
  for (int i = 1; i <= 1000; ++i) all += std::to_string(i) + " ";
  CHECK_EQ(reader.read, all);
  CHECK(f.journal->pages >= 10);
  f.hub->leave(reader, f.now);
}
