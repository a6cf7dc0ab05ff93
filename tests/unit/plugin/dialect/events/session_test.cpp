#include "dialect/events/session.h"

#include <memory>
#include <string>
#include <vector>

#include "dialect/stream_kinds.h"
#include "support/event_peer.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;
const std::string kRetry = "retry: 2000\n\n";

struct Fixture {
  Fixture() { options.ping_interval = 25 * kSecond; }

  std::unique_ptr<EventPeer> peer() { return std::make_unique<EventPeer>(hub, options); }

  std::unique_ptr<EventPeer> reader(const std::vector<std::string>& rooms, const std::string& last_event_id = {}) {
    auto made = peer();
    enter(*made, rooms, last_event_id);
    return made;
  }
  void enter(EventPeer& peer, const std::vector<std::string>& rooms, const std::string& last_event_id = {}) {
    peer.session.enter(rooms, last_event_id, now);
    peer.session.resume(now);
  }
  void publish(const std::string& room, const std::string& text) {
    (void)lws_chat::publish(hub, room, {text, Format::kText}, now);
  }
  void flush() {
    now += kSecond / 10;
    hub.flush(now, 1000);
  }
  std::string epoch(const std::string& room) { return hub.find(room)->epoch(); }
  std::string id(const std::string& room, int offset) { return epoch(room) + ":" + std::to_string(offset); }

  // The first event of a room.
  std::string place(const std::string& name, const std::string& room, int offset, const std::string& id) {
    return position_event(name, room, {epoch(room), static_cast<uint64_t>(offset)}, id);
  }

  Hub hub{ample_settings(), stream_kinds()};
  Options options = default_options();
  Time now = kSecond;
};

// A room that somebody reads does not end, and its epoch stays.
struct Open : Fixture {
  Open() { other->take(); }
  std::unique_ptr<EventPeer> other = reader({"a", "b"});
};

}  // namespace

TEST(a_reader_is_told_when_to_come_back_and_where_it_is) {
  Fixture f;
  auto reader = f.reader({"a"});
  CHECK_EQ(reader->take(), kRetry + f.place("position", "a", 0, f.id("a", 0)));
}

TEST(the_events_of_one_room_go_out_unchanged) {
  Fixture f;
  auto reader = f.reader({"a"});
  reader->take();
  f.publish("a", "hello");
  f.flush();
  CHECK_EQ(reader->take(), "data: hello\nid: " + f.id("a", 1) + "\n\n");
}

TEST(the_events_of_several_rooms_are_named_and_their_ids_cover_all_rooms) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  std::string both = f.id("a", 0) + "," + f.id("b", 0);
  CHECK_EQ(reader->take(), kRetry + f.place("position", "a", 0, "") + f.place("position", "b", 0, both));
  f.publish("b", "hello");
  f.flush();
  CHECK_EQ(reader->take(), "event: b\ndata: hello\nid: " + f.id("a", 0) + "," + f.id("b", 1) + "\n\n");
}

TEST(a_room_without_history_has_no_position) {
  Fixture f;
  auto reader = f.reader({"bare:a"});
  CHECK_EQ(reader->take(), kRetry + position_event("position", "bare:a", {}, ""));
  f.publish("bare:a", "hello");
  f.flush();
  CHECK_EQ(reader->take(), "data: hello\n\n");
}

TEST(a_newcomer_gets_the_last_messages_where_rooms_replay_them) {
  Hub::Settings settings = ample_settings();
  settings.rooms.replay = 2;
  Hub hub(settings, stream_kinds());
  Options options = default_options();
  for (const char* text : {"1", "2", "3"}) (void)publish(hub, "a", {text, Format::kText}, 1);
  EventPeer reader(hub, options);
  reader.session.enter({"a"}, "", 1);
  reader.session.resume(1);
  std::string epoch = hub.find("a")->epoch();
  CHECK_EQ(reader.take(), kRetry + position_event("position", "a", {epoch, 1}, epoch + ":1") + "data: 2\nid: " + epoch +
                              ":2\n\ndata: 3\nid: " + epoch + ":3\n\n");
}

TEST(a_reader_that_comes_back_gets_what_it_missed) {
  Open f;
  for (const char* text : {"1", "2", "3"}) f.publish("a", text);
  auto reader = f.reader({"a"}, f.id("a", 1));
  CHECK_EQ(reader->take(), kRetry + f.place("position", "a", 1, f.id("a", 1)) + "data: 2\nid: " + f.id("a", 2) +
                               "\n\ndata: 3\nid: " + f.id("a", 3) + "\n\n");
  CHECK_EQ(f.hub.counters().recovered, 1u);
}

TEST(a_reader_that_has_missed_more_than_is_kept_is_told_of_the_gap) {
  Open f;
  for (int i = 0; i < 9; ++i) f.publish("a", "x");
  for (const std::string& id : {f.id("a", 3), f.id("a", 10), std::string("another1:9"), std::string("junk")}) {
    auto reader = f.reader({"a"}, id);
    CHECK_EQ(reader->take(), kRetry + f.place("gap", "a", 9, f.id("a", 9)));
  }
  CHECK_EQ(f.hub.counters().unrecovered, 4u);
}

TEST(each_of_several_rooms_is_recovered_for_itself) {
  Open f;
  for (const char* text : {"1", "2"}) f.publish("a", text);
  f.publish("b", "1");
  auto reader = f.reader({"a", "b"}, "another1:7," + f.id("a", 1));
  std::string first = f.id("a", 1) + "," + f.id("b", 1);
  CHECK_EQ(reader->take(), kRetry + f.place("position", "a", 1, "") + f.place("gap", "b", 1, first) +
                               "event: a\ndata: 2\nid: " + f.id("a", 2) + "," + f.id("b", 1) + "\n\n");
}

TEST(nothing_comes_between_the_parts_of_an_event) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  std::string all = reader->take();
  std::string text(40000, 'x');
  reader->appetite = 1;
  f.publish("a", text);
  f.publish("b", "y");
  f.flush();
  CHECK(reader->session.behind());
  f.now += 60 * kSecond;
  reader->session.ping(f.now);
  for (int i = 0; i < 20 && reader->session.behind(); ++i) {
    reader->appetite = 1;
    reader->session.resume(f.now);
    reader->session.ping(f.now);
  }
  reader->appetite = 1 << 30;
  std::string read = reader->take();
  std::string expected = "event: a\ndata: " + text + "\nid: " + f.id("a", 1) + "," + f.id("b", 0) + "\n\n";
  CHECK(read.compare(0, expected.size(), expected) == 0);
  CHECK(read.find("event: b\ndata: y\n") != std::string::npos);
}

TEST(a_connection_that_takes_single_bytes_gets_the_same_bytes) {
  for (const std::vector<std::string>& rooms : {std::vector<std::string>{"a"}, {"a", "b"}}) {
    Fixture f;
    auto whole = f.reader(rooms);
    auto bitten = f.peer();
    bitten->bite = 1;
    f.enter(*bitten, rooms);
    for (const char* text : {"one\ntwo", "", "three"}) f.publish("a", text);
    f.publish("b", "four");
    f.flush();
    for (int i = 0; i < 1000 && bitten->session.behind(); ++i) bitten->session.resume(f.now);
    CHECK_EQ(bitten->take(), whole->take());
  }
}

TEST(every_room_has_its_turn_when_the_reader_takes_little) {
  Fixture f;
  auto reader = f.reader({"a", "b", "c"});
  reader->take();
  reader->appetite = 0;
  for (const char* room : {"a", "b", "c"}) f.publish(room, "x");
  f.flush();
  std::string order;
  for (int i = 0; i < 6; ++i) {
    reader->appetite = 1;
    reader->session.resume(f.now);
    std::string read = reader->take();
    CHECK_EQ(read.compare(0, 7, "event: "), 0);
    order += read.substr(7, 1);
    f.publish(read.substr(7, 1), "again");
    reader->appetite = 0;
    f.flush();
  }
  CHECK_EQ(order, "abcabc");
}

TEST(a_comment_goes_out_once_per_interval_and_only_if_nothing_waits) {
  Fixture f;
  auto reader = f.reader({"a"});
  reader->take();
  f.now += 24 * kSecond;
  reader->session.ping(f.now);
  CHECK_EQ(reader->take(), "");
  f.now += kSecond;
  reader->session.ping(f.now);
  CHECK_EQ(reader->take(), ":\n\n");
  reader->session.ping(f.now);
  CHECK_EQ(reader->take(), "");
  reader->appetite = 0;
  for (int i = 0; i < 2; ++i) {
    f.now += 25 * kSecond;
    reader->session.ping(f.now);
  }
  reader->appetite = 1 << 30;
  reader->session.resume(f.now);
  CHECK_EQ(reader->take(), ":\n\n");
}

TEST(pings_may_be_off) {
  Fixture f;
  f.options.ping_interval = 0;
  auto reader = f.reader({"a"});
  reader->take();
  f.now += 1000 * kSecond;
  reader->session.ping(f.now);
  CHECK_EQ(reader->take(), "");
}

TEST(a_reader_that_drains_gets_all_its_rooms_have_first) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  reader->take();
  reader->appetite = 0;
  f.publish("a", "1");
  f.publish("b", "2");
  f.flush();
  reader->session.drain(Status::kGoingAway, f.now);
  f.publish("a", "too late");
  f.flush();
  CHECK(!reader->why);
  for (int i = 0; i < 4; ++i) {
    reader->appetite = 1;
    reader->session.resume(f.now);
  }
  CHECK(reader->why == Status::kGoingAway);
  CHECK(!f.hub.find("a")->members().size());
  std::string read = reader->take();
  CHECK(read.find("data: 1\n") < read.find("data: 2\n"));
  CHECK(read.find("too late") == std::string::npos);
  std::string last = ": " + std::string(describe(Status::kGoingAway).text) + "\n\n";
  CHECK_EQ(read.substr(read.size() - last.size()), last);
}

TEST(a_reader_without_a_room_drains_at_once) {
  Fixture f;
  auto peer = f.peer();
  peer->session.drain(Status::kRestarting, f.now);
  CHECK(peer->why == Status::kRestarting);
}

TEST(a_slow_reader_ends_without_words_and_leaves_all_its_rooms) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  reader->take();
  reader->appetite = 0;
  for (int i = 0; i < 20; ++i) {
    f.publish("a", std::string(100000, 'x'));
    f.flush();
  }
  CHECK(reader->why == Status::kSlow);
  CHECK_EQ(reader->take(), "");
  CHECK(!reader->session.behind());
  CHECK_EQ(f.hub.rooms().occupied(), 0u);
}

TEST(a_broken_connection_leaves_all_its_rooms) {
  for (const std::vector<std::string>& rooms : {std::vector<std::string>{"a"}, {"a", "b"}}) {
    Fixture f;
    auto reader = f.reader(rooms);
    reader->breaks = true;
    f.publish("a", "x");
    f.flush();
    CHECK_EQ(f.hub.rooms().occupied(), 0u);
    CHECK(!reader->why);
    CHECK(!reader->session.behind());
  }
}

TEST(too_many_rooms_end_the_session_with_a_reason) {
  Hub::Settings settings = ample_settings();
  settings.max_rooms = 1;
  Hub hub(settings, stream_kinds());
  Options options = default_options();
  EventPeer reader(hub, options);
  reader.session.enter({"a", "b"}, "", 1);
  CHECK(reader.why == Status::kTooManyRooms);
  CHECK_EQ(hub.rooms().occupied(), 0u);
  std::string last = ": " + std::string(describe(Status::kTooManyRooms).text) + "\n\n";
  CHECK_EQ(reader.bytes.substr(reader.bytes.size() - last.size()), last);
}

TEST(readers_that_memory_does_not_reach_for_end_with_a_reason) {
  Hub::Settings settings = ample_settings();
  settings.max_memory = 20000;
  settings.rooms = RoomSettings();
  Hub hub(settings, stream_kinds());
  Options options = default_options();
  std::vector<std::unique_ptr<EventPeer>> readers;
  do {
    readers.push_back(std::make_unique<EventPeer>(hub, options));
    readers.back()->session.enter({"a"}, "", 1);
  } while (!readers.back()->why && readers.size() < 1000);
  CHECK(readers.back()->why == Status::kNoMemory);
  CHECK(!readers.front()->why);
  uint64_t used = hub.memory().clients.used();
  readers.clear();
  CHECK(hub.memory().clients.used() < used);
}

TEST(the_rooms_count_for_the_peer_that_makes_them) {
  Hub::Settings settings = ample_settings();
  settings.max_rooms_per_origin = 1;
  Hub hub(settings, stream_kinds());
  Options options = default_options();
  EventPeer reader(hub, options);
  reader.from = 7;
  reader.session.enter({"a", "b"}, "", 1);
  CHECK(reader.why == Status::kTooManyRooms);
}
