// An event session whose joins are answered late, refused or fail: order is kept, nothing is lost, and a reader that
// leaves meanwhile is fine.
#include <deque>
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

const std::string kRetry = "retry: 2000\n\n";

// Judges joins when the test says so, in the order of the questions.
struct LateGate final : Gate {
  Deferred<Status> judge(const Grant&, Action action, std::string_view room, const Message*) override {
    if (action != Action::kJoin || at_once) return Status::kOk;
    asked.emplace_back(room);
    promises.emplace_back();
    return promises.back().deferred();
  }
  bool at_once = false;
  std::vector<std::string> asked;  // rooms
  std::deque<Promise<Status>> promises;
};

struct Fixture {
  Fixture() {
    HubSettings settings = ample_settings();
    settings.rooms.history.messages = 50;
    Hub::Seams seams;
    seams.gate = &gate;
    hub = std::make_unique<Hub>(settings, stream_kinds(), seams);
  }

  std::unique_ptr<EventPeer> reader(const std::vector<std::string>& rooms, const std::string& last_event_id = {}) {
    auto made = std::make_unique<EventPeer>(*hub, options);
    made->session.enter(rooms, last_event_id, now);
    made->session.resume(now);
    return made;
  }

  // A reader whose joins are not judged. It keeps its rooms there.
  std::unique_ptr<EventPeer> other(const std::vector<std::string>& rooms) {
    gate.at_once = true;
    std::unique_ptr<EventPeer> made = reader(rooms);
    gate.at_once = false;
    return made;
  }
  void publish(const std::string& room, const std::string& text) {
    (void)lws_chat::publish(*hub, room, {text, Format::kText}, now);
  }

  // One answer of the gate, then a turn of the loop.
  void answer(EventPeer& peer, Status status = Status::kOk) {
    Promise<Status> promise = gate.promises.front();
    gate.promises.pop_front();
    promise.keep(status);
    turn();
    if (std::exchange(peer.asked, false)) peer.session.resume(now);
    turn();
  }
  void turn() {
    now += 100'000;
    hub->flush(now, 1000);
  }
  std::string id(const std::string& room, uint64_t offset) {
    return hub->find(room)->epoch() + ":" + std::to_string(offset);
  }
  std::string place(const char* name, const std::string& room, uint64_t offset, const std::string& id) {
    return position_event(name, room, {hub->find(room)->epoch(), offset}, id);
  }

  LateGate gate;
  Options options = default_options();
  std::unique_ptr<Hub> hub;
  Time now = 1'000'000;
};

}  // namespace

TEST(a_reader_waits_for_its_room_and_is_then_told_where_it_is) {
  Fixture f;
  auto reader = f.reader({"a"});
  CHECK_EQ(reader->take(), kRetry);
  CHECK(!reader->session.behind() && !reader->why);
  f.answer(*reader);
  CHECK_EQ(reader->take(), f.place("position", "a", 0, f.id("a", 0)));
  f.publish("a", "hello");
  f.turn();
  CHECK_EQ(reader->take(), "data: hello\nid: " + f.id("a", 1) + "\n\n");
}

TEST(rooms_are_joined_one_after_the_other_and_no_events_come_before_the_last) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  (void)reader->take();
  f.answer(*reader);
  CHECK(f.gate.asked == (std::vector<std::string>{"a", "b"}));
  std::string told = reader->take();
  CHECK_EQ(told, f.place("position", "a", 0, ""));
  f.publish("a", "early");
  f.turn();
  CHECK(reader->take().empty());
  f.answer(*reader);
  std::string both = f.id("a", 0) + "," + f.id("b", 0);
  CHECK_EQ(reader->take(), f.place("position", "b", 0, both) + "event: a\ndata: early\nid: " + f.id("a", 1) + "," +
                               f.id("b", 0) + "\n\n");
}

TEST(a_reader_that_comes_back_misses_nothing_that_came_while_it_waited) {
  Fixture f;
  auto keeper = f.other({"a"});
  for (const char* text : {"1", "2"}) f.publish("a", text);
  auto reader = f.reader({"a"}, f.id("a", 1));
  f.publish("a", "3");
  f.turn();
  CHECK_EQ(reader->take(), kRetry);
  f.answer(*reader);
  CHECK_EQ(reader->take(), f.place("position", "a", 1, f.id("a", 1)) + "data: 2\nid: " + f.id("a", 2) +
                               "\n\ndata: 3\nid: " + f.id("a", 3) + "\n\n");
  CHECK_EQ(f.hub->counters().recovered, 1u);
}

TEST(messages_between_the_join_and_the_next_write_come_once) {
  Fixture f;
  auto keeper = f.other({"a"});
  f.publish("a", "1");
  auto reader = f.reader({"a"}, f.id("a", 0));
  (void)reader->take();
  Promise<Status> promise = f.gate.promises.front();
  promise.keep(Status::kOk);
  f.turn();
  CHECK(reader->asked);
  f.publish("a", "2");
  f.turn();
  reader->session.resume(f.now);
  CHECK_EQ(reader->take(), f.place("position", "a", 0, f.id("a", 0)) + "data: 1\nid: " + f.id("a", 1) +
                               "\n\ndata: 2\nid: " + f.id("a", 2) + "\n\n");
}

TEST(a_late_refusal_ends_the_session_with_a_reason_and_leaves_all_rooms) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  f.answer(*reader);
  f.answer(*reader, Status::kNotPermitted);
  CHECK(reader->why == Status::kNotPermitted);
  std::string read = reader->take();
  std::string last = ": " + std::string(describe(Status::kNotPermitted).text) + "\n\n";
  CHECK_EQ(read.substr(read.size() - last.size()), last);
  CHECK_EQ(f.hub->rooms().occupied(), 0u);
}

TEST(a_reader_that_leaves_while_it_waits_does_not_join) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  f.answer(*reader);
  CHECK_EQ(f.hub->rooms().occupied(), 1u);
  reader->session.lost(f.now);
  CHECK_EQ(f.hub->rooms().occupied(), 0u);
  reader.reset();
  f.gate.promises.front().keep(Status::kOk);
  f.turn();
  CHECK_EQ(f.hub->rooms().occupied(), 0u);
}

TEST(a_reader_that_waits_drains_at_once) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  f.answer(*reader);
  f.publish("a", "not told");
  reader->session.drain(Status::kRestarting, f.now);
  CHECK(reader->why == Status::kRestarting);
  CHECK(reader->take().find("not told") == std::string::npos);
  f.gate.promises.front().keep(Status::kOk);
  f.turn();
  CHECK_EQ(f.hub->rooms().occupied(), 0u);
}

TEST(a_reader_that_is_dismissed_from_one_room_does_not_wait_for_the_next) {
  Fixture f;
  auto reader = f.reader({"a", "b"});
  f.answer(*reader);
  f.hub->node().moved(*f.hub->find("a"), {"other", 40}, f.now);
  CHECK(reader->why == Status::kGap);
  f.gate.promises.front().keep(Status::kOk);
  f.turn();
  CHECK_EQ(f.hub->rooms().occupied(), 0u);
}

TEST(comments_go_out_while_the_reader_waits) {
  Fixture f;
  f.options.ping_interval = 25'000'000;
  auto reader = f.reader({"a"});
  (void)reader->take();
  f.now += 25'000'000;
  reader->session.ping(f.now);
  CHECK_EQ(reader->take(), ":\n\n");
  f.answer(*reader);
  CHECK_EQ(reader->take(), f.place("position", "a", 0, f.id("a", 0)));
}
