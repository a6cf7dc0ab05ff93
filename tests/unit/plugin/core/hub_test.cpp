#include "core/hub.h"

#include <deque>
#include <string>
#include <vector>

#include "support/hub_calls.h"
#include "support/hub_kinds.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

void encode(FrameSink& sink, const Event& event) { sink.append("", event.message.payload); }

void encode_for_members(FrameSink& sink, const Event& event) {
  switch (event.kind) {
    case Event::Kind::kJoin: return sink.append("+", event.message.publisher);
    case Event::Kind::kLeave: return sink.append("-", event.message.publisher);
    case Event::Kind::kPublication:
      sink.append(event.room, ":" + std::to_string(event.offset) + ":" + std::string(event.message.payload) + ";");
  }
}

// A client with a transport that takes everything or nothing, or that breaks.
struct Reader final : Client {
  explicit Reader(KindId kind = kPlain, IdentityPtr identity = nullptr) : Client(kind) {
    identity_ = std::move(identity);
  }
  bool open = true;
  bool broken = false;
  std::string got;
  int writes = 0;
  Status why = Status::kOk;
  uint64_t told_lag = 0;

  bool ready() override { return open; }
  size_t write(std::string_view frames) override {
    if (broken) return 0;
    got += frames;
    ++writes;
    return frames.size();
  }
  void dismissed(Ending ending, Time) override { why = ending.why, told_lag = ending.lag; }
};

constexpr Time kInterval = 2000;
constexpr size_t kMany = 1000;

constexpr Time kAge = 1'000'000;

Hub::Settings settings() {
  Hub::Settings settings;
  settings.max_lag = 100;
  settings.flush_interval = kInterval;
  settings.max_rooms = 3;
  settings.max_memory = 1 << 20;
  settings.rooms.history = {5, 1000, kAge};
  return settings;
}

struct Fixture {
  explicit Fixture(const Hub::Settings& chosen = settings()) : hub(chosen, core_kinds(encode, encode_for_members)) {}

  Hub hub;
  std::deque<Reader> readers;

  Reader& join(std::string_view room = "room", uint64_t replay = 0, Time now = 0) {
    Reader& reader = readers.emplace_back();
    CHECK(lws_chat::join(hub, reader, room, replay, now) == Status::kOk);
    return reader;
  }
  // A reader that is not ready for its replay.
  Reader& join_stalled_after(std::initializer_list<const char*> texts) {
    for (const char* text : texts) publish(text, 0);
    Reader& reader = readers.emplace_back();
    reader.open = false;
    CHECK(lws_chat::join(hub, reader, "room", texts.size(), 0) == Status::kOk);
    return reader;
  }

  void publish(std::string_view text, Time now) { lws_chat::publish(hub, readers[0], Message{text}, now); }
  ~Fixture() {
    for (Reader& reader : readers) hub.leave(reader, 0);
  }
};

}  // namespace

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

Hub::Settings without_history() {
  Hub::Settings chosen = settings();
  chosen.rooms.history.messages = 0;
  return chosen;
}

TEST(a_quiet_room_is_due_at_once_and_a_busy_one_after_the_interval) {
  Fixture f(without_history());
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
  CHECK_EQ(f.hub.due(), 10 + 5 * kInterval);
}

TEST(a_busy_room_with_enough_to_send_is_due_at_once) {
  Fixture f(without_history());
  f.join();
  f.publish("first", 10);
  f.hub.flush(10, kMany);
  for (size_t i = 1; i < FlushQueue::kEnough; ++i) f.publish("more", 11);
  CHECK_EQ(f.hub.due(), 10 + kInterval);
  f.publish("enough", 12);
  CHECK_EQ(f.hub.due(), 12);
  f.hub.flush(12, kMany);
  f.publish("again", 13);
  CHECK_EQ(f.hub.due(), 12 + kInterval);
}

TEST(a_room_is_flushed_even_if_the_hub_gets_an_earlier_time_later) {
  Fixture f;
  Reader& a = f.join();
  f.publish("m", 1007);
  for (int i = 0; i < 17; ++i) f.publish("m", 1000);
  f.hub.flush(1007, kMany);
  CHECK_EQ(a.got, std::string(18, 'm'));
  f.publish("later", 1008);
  f.hub.flush(10000, kMany);
  CHECK_EQ(a.got, std::string(18, 'm') + "later");
}

TEST(a_message_from_elsewhere_makes_its_room_if_needed) {
  Fixture f;
  CHECK(lws_chat::publish(f.hub, "new", {"a"}, 0).status == Status::kOk);
  CHECK(lws_chat::publish(f.hub, "new", {"b"}, 0).status == Status::kOk);
  Reader& reader = f.join("new", 5);
  CHECK_EQ(reader.got, "ab");
  CHECK(lws_chat::publish(f.hub, "new", {"c"}, 1).status == Status::kOk);
  f.hub.flush(1, kMany);
  CHECK_EQ(reader.got, "abc");
}

TEST(a_message_from_elsewhere_does_not_keep_a_room_without_history) {
  Hub::Settings chosen = settings();
  chosen.rooms.history.messages = 0;
  Fixture f(chosen);
  CHECK(lws_chat::publish(f.hub, "room", {"a"}, 0).status == Status::kOk);
  CHECK_EQ(f.hub.rooms().size(), 0u);
}

TEST(a_message_from_elsewhere_is_refused_if_its_room_has_no_place) {
  Fixture f;
  for (const char* room : {"1", "2", "3"}) f.join(room);
  CHECK(lws_chat::publish(f.hub, "4", {"a"}, 0).status == Status::kTooManyRooms);
  CHECK(lws_chat::publish(f.hub, "3", {"a"}, 0).status == Status::kOk);
}

TEST(the_hub_is_due_with_the_room_that_has_waited_longest) {
  Fixture f(without_history());
  f.join("busy");
  f.publish("1", 0);
  f.hub.flush(0, kMany);
  f.publish("2", 1);
  Reader& other = f.join("quiet");
  lws_chat::publish(f.hub, other, Message{"3"}, 3 * kInterval);
  CHECK_EQ(f.hub.due(), kInterval);
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

TEST(each_kind_gets_its_own_encoding_and_only_those_who_asked_get_joins) {
  Hub::Settings chosen = settings();
  chosen.rooms.presence = chosen.rooms.join_leave = true;
  Hub hub(chosen, core_kinds(encode, encode_for_members));
  auto ann = std::make_shared<Identity>(Identity{"1", "ann", "ann"});
  Reader text(kPlain, ann), structured(kMember, ann), watching(kWatcher, ann);
  for (Reader* reader : {&text, &watching, &structured}) CHECK(lws_chat::join(hub, *reader, "r", 0, 0) == Status::kOk);
  lws_chat::publish(hub, text, Message{"m"}, 0);
  hub.flush(0, kMany);
  CHECK_EQ(text.got, "m");
  CHECK_EQ(structured.got, "r:1:m;");
  CHECK_EQ(watching.got, "+ann+annr:1:m;");
  for (Reader* reader : {&text, &watching, &structured}) hub.leave(*reader, 0);
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

TEST(a_dismissed_client_gets_all_earlier_messages_and_no_later_ones) {
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

TEST(a_client_dismissed_during_a_flush_gets_the_reason) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.join();
  f.publish("m", 0);
  f.hub.flush(0, 2);
  Reader& served = *static_cast<Reader*>(f.hub.find("room")->members()[0]);
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

TEST(counters_match_the_events) {
  Fixture f;
  f.join();
  f.join();
  f.publish("abc", 0);
  f.publish("de", 0);
  f.hub.flush(0, kMany);
  const Counters& counters = f.hub.counters();
  CHECK_EQ(counters.of(kPlain).subscriptions, 2u);
  CHECK_EQ(counters.of(kPlain).joins, 2u);
  CHECK_EQ(counters.of(kMember).joins, 0u);
  CHECK_EQ(counters.deliveries, 4u);
  CHECK_EQ(counters.messages_in, 2u);
  CHECK_EQ(counters.bytes_in, 5u);
  CHECK_EQ(counters.bytes_out, 10u);
  CHECK_EQ(counters.writes, 2u);
  CHECK_EQ(counters.flushes, 1u);
}

TEST(members_of_different_rooms_get_no_messages_of_each_other) {
  Fixture f;
  Reader& a = f.join("a");
  Reader& b = f.join("b");
  f.publish("for a", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "for a");
  CHECK_EQ(b.got, "");
}

TEST(an_empty_room_without_history_ends) {
  Fixture f;
  Reader& a = f.join("a");
  CHECK_EQ(f.hub.rooms().size(), 1u);
  f.hub.leave(a, 0);
  CHECK_EQ(f.hub.rooms().size(), 0u);
  CHECK(!f.hub.find("a"));
}

TEST(an_empty_room_with_a_history_stays_until_the_history_has_expired) {
  Fixture f;
  Reader& a = f.join("a");
  f.publish("m", 7);
  f.hub.flush(7, kMany);
  f.hub.leave(a, 0);
  CHECK_EQ(f.hub.rooms().size(), 1u);
  CHECK_EQ(f.hub.due(), 7 + kAge);
  f.hub.flush(6 + kAge, kMany);
  CHECK_EQ(f.hub.rooms().size(), 1u);
  f.hub.flush(7 + kAge, kMany);
  CHECK_EQ(f.hub.rooms().size(), 0u);
  CHECK_EQ(f.hub.due(), Hub::kNever);
  CHECK_EQ(f.hub.memory().in_use(), 0u);
}

TEST(a_room_above_max_rooms_is_refused_but_existing_ones_can_be_joined) {
  Fixture f;
  f.join("a");
  f.join("b");
  f.join("c");
  CHECK(f.hub.rooms().has_place("a"));
  CHECK(!f.hub.rooms().has_place("d"));
  Reader late;
  CHECK(lws_chat::join(f.hub, late, "d", 0, 0) == Status::kTooManyRooms);
  CHECK(!late.room());
  f.join("a");
}

TEST(a_new_room_replaces_the_room_that_has_been_empty_longest) {
  Fixture f;
  f.join("a");
  f.join("b");
  f.join("c");
  for (size_t i : {1, 0}) {
    lws_chat::publish(f.hub, f.readers[i], Message{"remember"}, 0);
    f.hub.flush(0, kMany);
    f.hub.leave(f.readers[i], 0);
  }
  CHECK(f.hub.rooms().has_place("d"));
  f.join("d");
  CHECK(!f.hub.find("b"));
  CHECK(f.hub.find("a"));
}

TEST(several_rooms_get_places_all_together_or_not_at_all) {
  Fixture f;
  f.join("a");
  CHECK(f.hub.rooms().has_places({"b", "c"}));
  CHECK(f.hub.rooms().has_places({"a", "b", "c"}));
  CHECK(!f.hub.rooms().has_places({"b", "c", "d"}));
  CHECK(f.hub.rooms().has_places({}));
}

TEST(an_empty_room_makes_place_for_another_one_unless_both_are_needed) {
  Fixture f;
  f.join("a");
  f.join("b");
  f.join("c");
  lws_chat::publish(f.hub, f.readers[0], Message{"remember"}, 0);
  f.hub.flush(0, kMany);
  f.hub.leave(f.readers[0], 0);
  CHECK(f.hub.rooms().has_places({"d", "b"}));
  CHECK(!f.hub.rooms().has_places({"a", "d"}));
  CHECK(!f.hub.rooms().has_places({"d", "e"}));
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

TEST(a_new_room_of_the_same_name_has_another_epoch) {
  Fixture f;
  f.join("a");
  std::string first = f.hub.find("a")->epoch();
  f.hub.leave(f.readers[0], 0);
  f.readers.clear();
  f.join("a");
  CHECK(f.hub.find("a")->epoch() != first);
  CHECK_EQ(first.size(), 8u);
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

TEST(above_max_memory_the_oldest_history_is_dropped_first) {
  Hub::Settings tight = settings();
  tight.max_memory = 256 * 1024;
  tight.rooms.history = {1000, 1 << 20, kAge};
  Fixture f(tight);
  f.join("old");
  lws_chat::publish(f.hub, f.readers[0], Message{std::string(20000, 'o')}, 0);
  f.hub.flush(0, kMany);
  Reader& newer = f.join("new");
  for (int i = 0; i < 200; ++i) {
    lws_chat::publish(f.hub, newer, Message{std::string(2000, 'n')}, 1 + i);
    f.hub.flush(1 + i * kInterval, kMany);
  }
  CHECK(f.hub.memory().in_use() <= tight.max_memory);
  CHECK(f.hub.find("old")->history().empty());
  CHECK(!f.hub.find("new")->history().empty());
  CHECK(newer.why == Status::kOk);
}

TEST(above_max_memory_without_history_the_slowest_readers_are_closed) {
  Hub::Settings tight = without_history();
  tight.max_memory = 64 * 1024;
  tight.max_lag = 1 << 30;
  Fixture f(tight);
  Reader& slow = f.join();
  Reader& fast = f.join();
  slow.open = false;
  for (int i = 0; i < 200; ++i) {
    lws_chat::publish(f.hub, fast, Message{std::string(1000, 'x')}, i);
    CHECK(f.hub.memory().in_use() <= tight.max_memory);
  }
  CHECK(slow.why == Status::kSlow);
  CHECK(fast.why == Status::kOk);
  f.hub.flush(1000 * kInterval, kMany);
  CHECK_EQ(fast.got.size(), 200000u);
}

namespace {

// Keeps data until complete(), as io_uring does.
struct Gatherer final : Fanout {
  struct Member final : Client {
    explicit Member(Gatherer& gatherer) : Client(kWatcher), gatherer_(gatherer) {}
    bool ready() override { return true; }
    size_t write(std::string_view frames) override {
      gatherer_.waiting.emplace_back(this, frames);
      set_gathered(true);
      return frames.size();
    }
    void dismissed(Ending ending, Time) override { why = ending.why; }
    Gatherer& gatherer_;
    std::string got;
    Status why = Status::kOk;
  };

  Time complete() override {
    if (!waiting.empty()) held = held && hub->memory().in_use() > 0;
    for (auto& [member, frames] : std::exchange(waiting, {})) {
      member->got += frames;
      member->set_gathered(false);
    }
    return 0;
  }

  Hub* hub = nullptr;
  bool held = true;  // memory was still in use at each send
  std::vector<std::pair<Member*, std::string_view>> waiting;
};

}  // namespace

TEST(unsent_bytes_stay_even_if_a_flush_begins_with_reclaiming_memory) {
  Hub::Settings chosen = settings();
  chosen.max_lag = 1 << 20;
  chosen.max_memory = 2000;
  chosen.rooms.presence = chosen.rooms.join_leave = true;
  Gatherer gatherer;
  Hub hub(chosen, core_kinds(encode, encode_for_members), {&gatherer});
  gatherer.hub = &hub;
  Gatherer::Member watcher(gatherer);
  CHECK(lws_chat::join(hub, watcher, "room", 0, 0) == Status::kOk);
  std::string about(3000, 'x');
  Reader other(kPlain, std::make_shared<const Identity>(Identity{"id", "", about}));
  CHECK(lws_chat::join(hub, other, "room", 0, 0) == Status::kOk);
  hub.flush(0, kMany);
  CHECK(gatherer.held && gatherer.waiting.empty());
  CHECK(watcher.why == Status::kOk && watcher.got == "+" + about);
  hub.leave(watcher, 0);
  hub.leave(other, 0);
}

TEST(rooms_count_as_memory_until_they_end) {
  Fixture f(without_history());
  CHECK_EQ(f.hub.memory().in_use(), 0u);
  Reader& reader = f.join(std::string(200, 'n'));
  CHECK(f.hub.memory().in_use() >= sizeof(Room) + 200);
  f.hub.leave(reader, 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(f.hub.memory().in_use(), 0u);
}

TEST(a_room_is_refused_when_clients_hold_half_of_max_memory) {
  Fixture f(without_history());
  f.join("here");
  MemoryAccount::Charge charge(f.hub.memory().clients);
  charge.set(f.hub.memory().clients.left());
  CHECK(!f.hub.rooms().has_place("another"));
  CHECK(!f.hub.rooms().has_places({"here", "another"}));
  Reader refused;
  CHECK(lws_chat::join(f.hub, refused, "another", 0, 0) == Status::kTooManyRooms);
  CHECK(f.hub.rooms().has_places({"here"}));
  f.join("here");
  charge.set(0);
  f.join("another");
}

TEST(memory_of_clients_displaces_history_and_each_account_has_a_limit) {
  Hub::Settings tight = settings();
  tight.rooms.history = {1000, 1 << 20, 1000 * kAge};
  Fixture f(tight);
  Reader& reader = f.join();
  for (int i = 0; i < 450; ++i) {
    lws_chat::publish(f.hub, reader, Message{std::string(2000, 'n')}, 0);
    f.hub.flush(i * kInterval, kMany);
  }
  size_t kept = f.hub.find("room")->history().bytes();
  MemoryAccount::Charge charge(f.hub.memory().input);
  CHECK(charge.may_be(256 * 1024) && !charge.may_be(256 * 1024 + 1));
  charge.set(256 * 1024);
  f.publish("x", 1);
  CHECK(f.hub.memory().in_use() <= tight.max_memory);
  CHECK(f.hub.find("room")->history().bytes() < kept);
  CHECK(reader.why == Status::kOk);
}

TEST(an_address_may_make_a_limited_number_of_rooms_and_join_all) {
  Hub::Settings chosen = without_history();
  chosen.max_rooms = 10;
  chosen.max_rooms_per_origin = 2;
  Fixture f(chosen);
  auto come = [&](const char* room, Origin origin) {
    Reader& reader = f.readers.emplace_back();
    return lws_chat::join(f.hub, reader, room, 0, 0, origin);
  };
  CHECK(come("a", 1) == Status::kOk);
  CHECK(come("b", 1) == Status::kOk);
  CHECK(come("c", 1) == Status::kTooManyRooms);
  CHECK(!f.hub.rooms().has_place("c", 1) && !f.hub.rooms().has_places({"a", "c"}, 1));
  CHECK(f.hub.rooms().has_place("c", 2) && f.hub.rooms().has_place("c") && f.hub.rooms().has_places({"a", "b"}, 1));
  CHECK(come("c", 2) == Status::kOk);
  CHECK(come("c", 1) == Status::kOk);
  CHECK(come("d", kNobody) == Status::kOk);
  // A room counts for the address that made it until it ends, whoever its members are.
  f.hub.leave(f.readers[0], 0);
  f.hub.flush(0, kMany);
  CHECK(f.hub.rooms().has_place("e", 1) && f.hub.rooms().has_places({"e"}, 1) &&
        !f.hub.rooms().has_places({"e", "f"}, 1));
}
