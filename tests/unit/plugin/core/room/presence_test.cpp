// Presence in the hub: members of a room, and joins and leaves for the others.
#include <deque>
#include <string>

#include "core/hub.h"
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
    case Event::Kind::kPublication: return sink.append("", event.message.payload);
  }
}

struct Reader final : Client {
  Reader(KindId kind, const char* name) : Client(kind) {
    identity_ = std::make_shared<Identity>(Identity{name, "", name});
  }
  std::string got;
  bool ready() override { return true; }
  size_t write(std::string_view frames) override { return got += frames, frames.size(); }
  void dismissed(Ending, Time) override {}
};

constexpr Time kGrace = 5000;
constexpr Time kAge = 100000;

struct Fixture {
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = 1000;
    settings.max_rooms = 2;
    settings.max_memory = 1 << 20;
    settings.rooms.history = {10, 1000, kAge};
    settings.rooms.presence = settings.rooms.join_leave = true;
    settings.rooms.presence_grace = kGrace;
    RoomSettings silent = settings.rooms;
    silent.join_leave = false;
    settings.namespaces.emplace_back("silent", silent);
    return settings;
  }

  Hub hub{settings(), core_kinds(encode, encode_for_members)};
  Reader watcher{kWatcher, "w"};
  Reader plain{kMember, "p"};
  Reader text{kPlain, "t"};

  explicit Fixture(const char* room = "room") { join(watcher, room); }
  ~Fixture() {
    for (Reader* reader : {&watcher, &plain, &text}) hub.leave(*reader, 0);
  }
  void join(Reader& reader, const char* room = "room", Time now = 0) {
    CHECK(lws_chat::join(hub, reader, room, 0, now) == Status::kOk);
    hub.flush(now, 100);
  }
  // The watcher's new messages.
  std::string told(Time now = 0) {
    hub.flush(now, 100);
    return std::exchange(watcher.got, std::string());
  }
};

}  // namespace

TEST(a_watcher_gets_all_joins_including_its_own) {
  Fixture f;
  CHECK_EQ(f.told(), "+w");
  f.join(f.plain);
  f.join(f.text);
  CHECK_EQ(f.told(), "+p+t");
  CHECK_EQ(f.plain.got, "");
  CHECK_EQ(f.text.got, "");
}

TEST(a_client_that_leaves_for_good_is_gone_at_once) {
  Fixture f;
  f.join(f.plain);
  (void)f.told();
  f.hub.leave(f.plain, 0);
  CHECK_EQ(f.told(), "-p");
}

TEST(a_client_that_lost_its_connection_is_gone_after_the_grace) {
  Fixture f;
  f.join(f.plain);
  (void)f.told();
  f.hub.leave(f.plain, 100, Hub::Departure::kMayReturn);
  CHECK_EQ(f.told(100), "");
  CHECK_EQ(f.hub.find("room")->absent().size(), 1u);
  CHECK_EQ(f.hub.due(), 100 + kGrace);
  CHECK_EQ(f.told(99 + kGrace), "");
  f.hub.flush(100 + kGrace, 100);
  CHECK_EQ(f.told(100 + kGrace), "-p");
  CHECK(f.hub.find("room")->absent().empty());
}

TEST(a_client_that_returns_within_the_grace_never_left_for_the_others) {
  Fixture f;
  f.join(f.plain);
  (void)f.told();
  f.hub.leave(f.plain, 100, Hub::Departure::kMayReturn);
  f.join(f.plain, "room", 99 + kGrace);
  f.hub.flush(3 * kGrace, 100);
  CHECK_EQ(f.told(3 * kGrace), "");
}

TEST(each_absent_client_has_its_own_grace) {
  Fixture f;
  Reader other{kMember, "o"};
  f.join(f.plain);
  f.join(other);
  (void)f.told();
  f.hub.leave(f.plain, 0, Hub::Departure::kMayReturn);
  f.hub.leave(other, 1000, Hub::Departure::kMayReturn);
  f.join(f.plain, "room", 2000);
  f.hub.flush(kGrace, 100);
  CHECK_EQ(f.told(kGrace), "");
  f.hub.flush(1000 + kGrace, 100);
  CHECK_EQ(f.told(1000 + kGrace), "-o");
}

TEST(a_text_client_has_no_grace) {
  Fixture f;
  f.join(f.text);
  (void)f.told();
  f.hub.leave(f.text, 0, Hub::Departure::kMayReturn);
  CHECK_EQ(f.told(), "-t");
}

TEST(without_join_leave_nobody_gets_joins_and_leaves) {
  Fixture f("silent:room");
  f.join(f.plain, "silent:room");
  f.hub.leave(f.plain, 0);
  CHECK_EQ(f.told(), "");
}

TEST(a_room_with_only_absent_members_makes_place_for_another) {
  Fixture f;
  f.join(f.plain, "other");
  f.hub.leave(f.plain, 0, Hub::Departure::kMayReturn);
  CHECK(f.hub.find("other"));
  CHECK(f.hub.rooms().has_place("third"));
  f.join(f.plain, "third");
  CHECK(!f.hub.find("other"));
  f.hub.flush(10 * kGrace, 100);
  CHECK_EQ(f.hub.rooms().size(), 2u);
}

TEST(a_quiet_room_keeps_its_epoch_for_clients_with_a_position) {
  Fixture f;
  f.join(f.plain, "quiet");
  std::string epoch = f.hub.find("quiet")->epoch();
  f.hub.leave(f.plain, 1000);
  f.hub.flush(1000 + kAge - 1, 100);
  CHECK(f.hub.find("quiet"));
  CHECK_EQ(f.hub.find("quiet")->epoch(), epoch);
  f.hub.flush(1000 + kAge, 100);
  CHECK(!f.hub.find("quiet"));
}

TEST(joins_and_leaves_wake_no_reader_that_did_not_ask_for_them) {
  Fixture f;
  f.hub.leave(f.watcher, 0);
  f.hub.flush(0, 100);
  f.join(f.plain);
  uint64_t writes = f.hub.counters().writes;
  Reader other{kMember, "o"};
  f.join(other);
  f.hub.leave(other, 0);
  f.hub.flush(0, 100);
  CHECK_EQ(f.hub.counters().writes, writes);
}
