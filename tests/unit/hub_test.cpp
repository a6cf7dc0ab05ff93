#include "core/hub.h"

#include <deque>
#include <string>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

void encode(Stream& stream, const Message& message) { stream.append("", message.payload); }

// A client whose transport takes everything, nothing, or breaks.
struct Reader final : Client {
  bool open = true;
  bool broken = false;
  std::string got;
  int writes = 0;
  Status why = Status::kOk;
  uint64_t behind = 0;

  bool ready() override { return open; }
  size_t write(std::string_view frames) override {
    if (broken) return 0;
    got += frames;
    ++writes;
    return frames.size();
  }
  void dismissed(Status status, uint64_t lag) override { why = status, behind = lag; }
};

constexpr Time kInterval = 2000;
constexpr size_t kMany = 1000;

struct Fixture {
  Hub hub{Hub::Settings{100, kInterval}, encode};
  std::deque<Reader> readers;

  Reader& join() {
    hub.join(readers.emplace_back(), hub.lobby());
    return readers.back();
  }
  void publish(std::string_view text, Time now) { hub.publish(hub.lobby(), Message{text}, now); }
  ~Fixture() {
    for (Reader& reader : readers) hub.leave(reader);
  }
};

}  // namespace

TEST(a_message_goes_to_every_member_and_nothing_before_the_flush) {
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

TEST(a_quiet_room_is_due_at_once_and_a_busy_one_after_the_interval) {
  Fixture f;
  Reader& a = f.join();
  CHECK_EQ(f.hub.due(), Hub::kNever);
  f.publish("1", 10);
  CHECK_EQ(f.hub.due(), 10);
  f.hub.flush(10, kMany);
  CHECK_EQ(f.hub.due(), Hub::kNever);
  f.publish("2", 11);
  CHECK_EQ(f.hub.due(), 10 + kInterval);
  f.hub.flush(11, kMany);
  CHECK_EQ(a.got, "1");
  f.hub.flush(10 + kInterval, kMany);
  CHECK_EQ(a.got, "12");
  f.publish("3", 10 + 5 * kInterval);
  CHECK_EQ(f.hub.due(), 10 + kInterval + kInterval);
}

TEST(a_flush_stops_at_its_budget_and_goes_on_where_it_stopped) {
  Fixture f;
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

TEST(what_is_published_while_a_flush_is_under_way_also_reaches_those_already_served) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.join();
  f.publish("1", 0);
  f.hub.flush(0, 2);
  f.publish("2", 0);
  f.hub.flush(0, kMany);
  f.hub.flush(kInterval, kMany);
  for (Reader& reader : f.readers) CHECK_EQ(reader.got, "12");
}

TEST(leaving_while_a_flush_is_under_way_passes_nobody_over) {
  for (size_t leaver = 0; leaver < 6; ++leaver) {
    Fixture f;
    for (int i = 0; i < 6; ++i) f.join();
    f.publish("m", 0);
    f.hub.flush(0, 3);
    f.hub.leave(f.readers[leaver]);
    f.hub.flush(0, kMany);
    for (size_t i = 0; i < 6; ++i)
      if (i != leaver) CHECK_EQ(f.readers[i].got, "m");
  }
}

TEST(a_reader_that_was_not_ready_goes_on_when_it_is_pumped) {
  Fixture f;
  Reader& a = f.join();
  a.open = false;
  f.publish("1", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "");
  CHECK_EQ(a.lag(), 1u);
  a.open = true;
  f.hub.pump(a);
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
  CHECK_EQ(slow.behind, 101u);
  CHECK(!slow.room());
  CHECK_EQ(fast.got.size(), 101u);
  CHECK_EQ(f.hub.counters().clients, 1u);
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

TEST(a_client_dismissed_after_the_head_gets_all_before_and_nothing_after) {
  Fixture f;
  Reader& a = f.join();
  Reader& b = f.join();
  f.publish("before", 0);
  f.hub.dismiss_after_head(a, Status::kClosedOnRequest, 0);
  f.publish("after", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "before");
  CHECK(a.why == Status::kClosedOnRequest);
  CHECK_EQ(b.got, "beforeafter");
}

TEST(a_client_dismissed_while_a_flush_is_under_way_is_told) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.join();
  f.publish("m", 0);
  f.hub.flush(0, 2);
  Reader& served = *static_cast<Reader*>(f.hub.lobby().members()[0]);
  f.hub.dismiss_after_head(served, Status::kGoingAway, 0);
  f.hub.flush(0, kMany);
  f.hub.flush(kInterval, kMany);
  CHECK(served.why == Status::kGoingAway);
}

TEST(the_first_reason_to_dismiss_a_client_counts) {
  Fixture f;
  Reader& a = f.join();
  f.hub.dismiss_after_head(a, Status::kClosedOnRequest, 0);
  f.hub.dismiss_after_head(a, Status::kGoingAway, 0);
  f.hub.flush(0, kMany);
  CHECK(a.why == Status::kClosedOnRequest);
}

TEST(counters_say_what_happened) {
  Fixture f;
  f.join();
  f.join();
  f.publish("abc", 0);
  f.publish("de", 0);
  f.hub.flush(0, kMany);
  const Counters& counters = f.hub.counters();
  CHECK_EQ(counters.clients, 2u);
  CHECK_EQ(counters.joins, 2u);
  CHECK_EQ(counters.messages_in, 2u);
  CHECK_EQ(counters.bytes_in, 5u);
  CHECK_EQ(counters.bytes_out, 10u);
  CHECK_EQ(counters.writes, 2u);
  CHECK_EQ(counters.flushes, 1u);
}
