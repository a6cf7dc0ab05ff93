#include "core/room/flush.h"

#include <string>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(a_message_reaches_every_member_with_the_flush) {
  Fixture f;
  Reader& a = f.join();
  Reader& b = f.join();
  f.publish("hi", 0);
  CHECK_EQ(a.got, "");
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "hi");
  CHECK_EQ(b.got, "hi");
}

TEST(messages_of_one_turn_leave_in_one_write) {
  Fixture f;
  Reader& a = f.join();
  for (int i = 0; i < 50; ++i) f.publish("x", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.writes, 1);
  CHECK_EQ(a.got.size(), 50u);
}

TEST(a_flush_stops_at_its_budget_and_resumes_there) {
  Fixture f(without_history());
  for (int i = 0; i < 10; ++i) f.join();
  f.publish("m", 0);
  f.hub.flush(0, 4);
  int served = 0;
  for (Reader& reader : f.readers) served += reader.got == "m";
  CHECK_EQ(served, 4);
  CHECK_EQ(f.hub.due(), 0);
  f.hub.flush(0, 4);
  f.hub.flush(0, 4);
  for (Reader& reader : f.readers) CHECK_EQ(reader.got, "m");
  CHECK_EQ(f.hub.due(), Hub::kNever);
}

TEST(a_large_room_does_not_delay_the_others) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.join("large");
  Reader& small = f.join("small");
  f.publish("m", 0);
  lws_chat::publish(f.hub, small, Message{"s"}, 0);
  f.hub.flush(0, 4);
  CHECK_EQ(small.got, "");
  f.hub.flush(0, 4);
  CHECK_EQ(small.got, "s");
  f.hub.flush(0, kMany);
  for (size_t i = 0; i < 10; ++i) CHECK_EQ(f.readers[i].got, "m");
}

TEST(a_message_published_during_a_flush_reaches_members_already_served) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.join();
  f.publish("1", 0);
  f.hub.flush(0, 2);
  f.publish("2", 0);
  f.hub.flush(0, kMany);
  f.hub.flush(kInterval, kMany);
  for (Reader& reader : f.readers) CHECK_EQ(reader.got, "12");
}

TEST(a_leave_during_a_flush_skips_no_other_member) {
  for (size_t leaver = 0; leaver < 6; ++leaver) {
    Fixture f;
    for (int i = 0; i < 6; ++i) f.join();
    f.publish("m", 0);
    f.hub.flush(0, 3);
    f.hub.leave(f.readers[leaver], 0);
    f.hub.flush(0, kMany);
    for (size_t i = 0; i < 6; ++i)
      if (i != leaver) CHECK_EQ(f.readers[i].got, "m");
  }
}

TEST(a_reader_that_was_not_ready_resumes_when_it_is_pumped) {
  Fixture f;
  Reader& a = f.join();
  a.open = false;
  f.publish("1", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "");
  CHECK_EQ(a.lag(), 1u);
  a.open = true;
  f.hub.pump(a, 0);
  CHECK_EQ(a.got, "1");
  CHECK_EQ(a.lag(), 0u);
}

TEST(a_reader_over_max_lag_is_dismissed_as_slow_and_the_others_go_on) {
  Fixture f;
  Reader& slow = f.join();
  Reader& fast = f.join();
  slow.open = false;
  for (int i = 0; i < 101; ++i) f.publish("x", 0);
  f.hub.flush(0, kMany);
  CHECK(slow.why == Status::kSlow);
  CHECK_EQ(slow.told_lag, 101u);
  CHECK(!slow.room());
  CHECK_EQ(fast.got.size(), 101u);
  CHECK_EQ(f.hub.counters().of(kPlain).subscriptions, 1u);
}

TEST(a_reader_at_max_lag_stays) {
  Fixture f;
  Reader& slow = f.join();
  slow.open = false;
  for (int i = 0; i < 100; ++i) f.publish("x", 0);
  f.hub.flush(0, kMany);
  CHECK(slow.why == Status::kOk);
}

TEST(a_broken_reader_leaves_and_the_others_go_on) {
  Fixture f;
  Reader& broken = f.join();
  Reader& whole = f.join();
  broken.broken = true;
  f.publish("m", 0);
  f.hub.flush(0, kMany);
  CHECK(!broken.room());
  CHECK_EQ(whole.got, "m");
}

TEST(a_long_replay_is_sent_in_several_turns) {
  Hub::Settings chosen = settings();
  chosen.max_lag = 1 << 20;
  chosen.rooms.history = {100, 1'000'000, kAge};
  Fixture f(chosen);
  f.join("a");
  for (int i = 0; i < 8; ++i) lws_chat::publish(f.hub, f.readers[0], Message{std::string(12000, 'x')}, 0);
  f.hub.flush(0, kMany);
  Reader late;
  CHECK(lws_chat::join(f.hub, late, "a", 8, 0) == Status::kOk);
  CHECK(late.behind());
  CHECK(late.got.size() >= 65536u);
  while (late.behind()) f.hub.pump(late, 0);
  CHECK_EQ(late.got.size(), 8u * 12000u);
  f.hub.leave(late, 0);
}

TEST(a_replay_sends_the_last_messages_and_then_the_stream) {
  Fixture f;
  f.join();
  for (const char* text : {"1", "2", "3", "4"}) f.publish(text, 0);
  Reader& late = f.join("room", 2);
  CHECK_EQ(late.got, "34");
  f.publish("5", 0);
  f.hub.flush(0, kMany);
  f.hub.flush(kInterval, kMany);
  CHECK_EQ(late.got, "345");
}

TEST(a_replay_sends_all_messages_if_more_are_requested) {
  Fixture f;
  f.join();
  CHECK_EQ(f.join("room", 10).got, "");
  for (int i = 0; i < 8; ++i) f.publish(std::to_string(i), 0);
  CHECK_EQ(f.join("room", 100).got, "34567");
}

TEST(replay_leaves_out_what_has_expired) {
  Fixture f;
  f.join();
  f.publish("old", 0);
  f.publish("new", kAge / 2);
  CHECK_EQ(f.join("room", 10, kAge).got, "new");
}

TEST(a_replay_resumes_when_the_reader_is_ready_and_no_message_overtakes_it) {
  Fixture f;
  f.join();
  Reader& late = f.join_stalled_after({"1", "2", "3"});
  f.publish("4", 0);
  f.hub.flush(0, kMany);
  late.open = true;
  f.publish("5", 0);
  f.hub.flush(kInterval, kMany);
  CHECK_EQ(late.got, "");
  CHECK(late.behind());
  f.hub.pump(late, 0);
  CHECK_EQ(late.got, "12345");
}

TEST(a_reader_whose_next_replayed_message_is_dropped_is_told) {
  Fixture f;
  f.join();
  Reader& late = f.join_stalled_after({"1", "2", "3"});
  for (int i = 0; i < 5; ++i) f.publish("x", 0);
  late.open = true;
  f.hub.pump(late, 0);
  CHECK(late.why == Status::kReplayLost);
  CHECK_EQ(late.got, "");
}
