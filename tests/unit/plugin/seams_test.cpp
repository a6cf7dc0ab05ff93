// What sits behind the hub's seams may answer late, refuse or fail: order is kept, nothing is lost, input is held back,
// and a client that leaves meanwhile is fine.
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/server_api.h"
#include "dialect/stream_kinds.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/text_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// Answers when the test says so, in the order of the questions.
class Late {
 public:
  bool at_once = false;
  Status answer = Status::kOk;
  size_t waiting() const { return promises_.size(); }

  Deferred<Status> ask() {
    if (at_once) return answer;
    promises_.emplace_back();
    return promises_.back().deferred();
  }
  void reply(Status status = Status::kOk) {
    CHECK(!promises_.empty());
    Promise<Status> promise = promises_.front();
    promises_.pop_front();
    promise.keep(status);
  }

 private:
  std::deque<Promise<Status>> promises_;
};

struct LateGate final : Gate, Late {
  Deferred<Status> judge(const Grant&, Action action, std::string_view, const Message*) override {
    bool late = action == Action::kJoin || action == Action::kPublish;
    return !late || (only && action != *only) ? Deferred<Status>(Status::kOk) : ask();
  }
  std::optional<Action> only;  // that it takes its time for
};

// As one that asks another machine: the position comes later, and delivery is apart from the answer.
struct LateBroker final : Broker {
  void attach(Node& node) override { node_ = &node; }
  Deferred<Published> publish(Room& room, const Message& message, Time) override {
    if (refusal != Status::kOk) return Published{refusal};
    sent.push_back({room.name(), std::make_shared<const KeptMessage>(message), {}});
    return sent.back().promise.deferred();
  }
  Deferred<Status> open(Room&, Time) override { return opening.ask(); }
  void close(const Room& room) override { closed.push_back(room.name()); }

  // The first message that is under way has its position, and is delivered here if the room is used.
  void spread(Time now) {
    Sent first = sent.front();
    sent.pop_front();
    uint64_t offset = ++positions[first.room];
    if (Room* room = node_->opened(first.room)) (void)node_->deliver(*room, offset, first.message->view(), now);
    first.promise.keep({Status::kOk, {"far", offset}, 0, now});
  }

  struct Sent {
    std::string room;
    std::shared_ptr<const KeptMessage> message;
    Promise<Published> promise;
  };
  std::deque<Sent> sent;
  std::map<std::string, uint64_t> positions;
  std::vector<std::string> closed;
  Late opening;
  Status refusal = Status::kOk;

 private:
  Node* node_ = nullptr;
};

struct LateJournal final : Journal {
  Deferred<Status> append(std::string_view, const HistoryLimits&, const Position& position,
                          const Message& message) override {
    written.emplace_back(position.offset, std::string(message.payload));
    return appends.ask();
  }
  Deferred<Status> forget(std::string_view) override { return Status::kOk; }
  Deferred<Page> read(std::string_view, const HistoryLimits&, uint64_t, size_t, size_t) override { return Page{}; }
  Deferred<Restored> restore(std::string_view, const RoomSettings&, std::string_view, Take take) override {
    if (restoring.at_once) {
      for (const auto& [offset, text] : kept) take(offset, Message{text}, 0);
      return Restored{restoring.answer, {kept.empty() ? "" : "kept", kept.empty() ? 0 : kept.back().first}};
    }
    taken = std::move(take);
    return restoring.ask().map([this](Status status) {
      for (const auto& [offset, text] : kept) taken(offset, Message{text}, 0);
      return Restored{status, {kept.empty() ? "" : "kept", kept.empty() ? 0 : kept.back().first}};
    });
  }
  std::vector<std::pair<uint64_t, std::string>> written;
  std::vector<std::pair<uint64_t, std::string>> kept;
  Take taken;
  Late appends;
  Late restoring;
};

struct Alarm final : Waker {
  void wake(Time due) override { at = due; }
  Time at = Hub::kNever;
};

struct Fixture {
  explicit Fixture(HubSeams seams, bool durable = false) {
    HubSettings settings = ample_settings();
    settings.rooms.durable = durable;
    settings.rooms.history.messages = 50;
    seams.waker = &waker;
    hub = std::make_unique<Hub>(settings, stream_kinds(), seams);
  }
  std::unique_ptr<TextPeer> texter() { return std::make_unique<TextPeer>(*hub, options); }
  std::unique_ptr<SessionPeer> peer() {
    auto made = std::make_unique<SessionPeer>(*hub, sessions, options);
    made->session.receive(R"({"id":1,"connect":{}})", now);
    (void)made->take();
    return made;
  }
  // As the loop does: only when the waker was told, and then as long as there is something to do.
  void turn() {
    CHECK(hub->due() == Hub::kNever || waker.at <= hub->due());
    for (int i = 0; i < 20 && hub->due() <= now; ++i) hub->flush(now, 1000);
    waker.at = hub->due();
  }
  void resume(TextPeer& peer) {
    if (std::exchange(peer.asked, false)) peer.session.resume(now);
    turn();
  }
  static std::string frame(const std::string& text) { return make_frame(Opcode::kText, true, text); }

  Alarm waker;
  Sessions sessions;
  Options options = default_options();
  std::unique_ptr<Hub> hub;
  Time now = 1000;
};

}  // namespace

TEST(a_join_that_is_judged_late_holds_the_messages_back_and_keeps_their_order) {
  LateGate gate;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  auto text = f.texter();
  text->session.enter("room", f.now);
  CHECK(text->held && !text->session.room());
  (void)text->say("one", f.now);
  (void)text->say("two", f.now);
  gate.reply();
  f.turn();
  CHECK(text->session.room() != nullptr);
  gate.at_once = true;
  f.resume(*text);
  CHECK_EQ(text->got, f.frame("one") + f.frame("two"));
  CHECK(!text->held);
}

TEST(a_join_that_is_refused_late_ends_the_text_client_and_answers_the_session) {
  LateGate gate;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  auto text = f.texter();
  text->session.enter("room", f.now);
  gate.reply(Status::kNotPermitted);
  f.turn();
  CHECK(text->why == Status::kNotPermitted);
  auto peer = f.peer();
  peer->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", f.now);
  CHECK(peer->take().empty() && peer->held);
  gate.reply(Status::kNotPermitted);
  f.turn();
  CHECK_EQ(peer->take_one(), R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
  CHECK(f.hub->find("room") == nullptr);
}

TEST(commands_behind_one_that_waits_are_done_after_it_in_their_order) {
  LateGate gate;
  gate.only = Action::kPublish;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  auto peer = f.peer();
  peer->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", f.now);
  (void)peer->take();
  peer->session.receive(
      "{\"id\":3,\"publish\":{\"channel\":\"room\",\"data\":1}}\n"
      "{\"id\":4,\"publish\":{\"channel\":\"room\",\"data\":2}}\n{\"id\":5,\"history\":{\"channel\":\"room\"}}",
      f.now);
  CHECK(peer->held && gate.waiting() == 1);
  CHECK(peer->take().empty());
  for (int i = 0; i < 2; ++i) {
    gate.reply();
    f.turn();
    CHECK(peer->asked);
    peer->session.resume(f.now);
    f.turn();
  }
  std::vector<std::string> got = peer->take();
  std::string all;
  for (const std::string& line : got) all += line + "\n";
  size_t first = all.find("{\"id\":3,\"publish\"");
  size_t second = all.find("{\"id\":4,\"publish\"");
  size_t third = all.find("{\"id\":5,\"history\"");
  CHECK(first < second && second < third && third != std::string::npos);
  CHECK_EQ(f.hub->find("room")->history().top(), 2u);
}

TEST(a_client_that_leaves_while_its_join_is_judged_does_not_join) {
  LateGate gate;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  auto text = f.texter();
  text->session.enter("room", f.now);
  text.reset();
  auto peer = f.peer();
  peer->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", f.now);
  peer.reset();
  gate.reply();
  gate.reply();
  f.turn();
  CHECK(f.hub->find("room") == nullptr);
}

TEST(a_client_that_leaves_while_its_message_is_judged_has_published_it) {
  LateGate gate;
  gate.only = Action::kPublish;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  auto reader = f.texter();
  reader->session.enter("room", f.now);
  auto text = f.texter();
  text->session.enter("room", f.now);
  (void)text->say("last words", f.now);
  text.reset();
  gate.reply();
  f.turn();
  CHECK_EQ(reader->got, f.frame("last words"));
}

TEST(a_back_end_that_takes_a_client_out_of_a_room_it_is_to_join_keeps_it_out) {
  LateGate gate;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  auto peer = f.peer();
  peer->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", f.now);
  peer->session.dismiss("room", f.now);
  gate.reply();
  f.turn();
  CHECK_EQ(peer->take_one(), R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
  CHECK(!f.hub->find("room") || f.hub->find("room")->members().empty());
}

TEST(a_broker_that_answers_late_delivers_in_its_own_order) {
  LateBroker broker;
  broker.opening.at_once = true;
  Fixture f({nullptr, nullptr, &broker});
  auto a = f.texter();
  auto b = f.texter();
  a->session.enter("room", f.now);
  b->session.enter("room", f.now);
  (void)a->say("from a", f.now);
  (void)b->say("from b", f.now);
  (void)a->say("more", f.now);
  CHECK(a->held && b->held && a->got.empty());
  broker.spread(f.now);
  broker.spread(f.now);
  f.turn();
  f.resume(*a);
  CHECK_EQ(broker.sent.size(), 1u);
  broker.spread(f.now);
  f.turn();
  CHECK_EQ(b->got, f.frame("from a") + f.frame("from b") + f.frame("more"));
  CHECK_EQ(a->got, b->got);
}

TEST(a_message_that_was_there_before_is_passed_over_and_a_move_is_told) {
  LateBroker broker;
  broker.opening.at_once = true;
  Fixture f({nullptr, nullptr, &broker});
  auto text = f.texter();
  text->session.enter("room", f.now);
  Broker::Node& node = f.hub->node();
  Room& room = *node.opened("room");
  (void)node.deliver(room, 1, Message{"1"}, f.now);
  (void)node.deliver(room, 1, Message{"1"}, f.now);
  (void)node.deliver(room, 2, Message{"2"}, f.now);
  f.turn();
  CHECK_EQ(text->got, f.frame("1") + f.frame("2"));
  auto peer = f.peer();
  peer->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", f.now);
  node.moved(room, {"other", 40}, f.now);
  CHECK(text->why == Status::kGap);
  peer->session.resume(f.now);
  CHECK(!peer->why);
  CHECK(peer->bytes.find(R"("unsubscribe":{"code":2500)") != std::string::npos);
}

TEST(joins_wait_until_the_broker_knows_the_room_and_are_refused_when_it_cannot) {
  LateBroker broker;
  Fixture f({nullptr, nullptr, &broker});
  auto a = f.texter();
  auto b = f.texter();
  a->session.enter("room", f.now);
  b->session.enter("room", f.now);
  CHECK_EQ(broker.opening.waiting(), 1u);
  broker.opening.reply();
  f.turn();
  CHECK(a->session.room() && b->session.room());
  auto c = f.texter();
  c->session.enter("other", f.now);
  broker.opening.reply(Status::kUnavailable);
  f.turn();
  CHECK(c->why == Status::kUnavailable && f.hub->find("other") == nullptr);
  a.reset();
  b.reset();
  f.turn();
}

TEST(a_refusal_of_the_broker_reaches_the_publisher_and_is_counted_once) {
  LateBroker broker;
  broker.opening.at_once = true;
  broker.refusal = Status::kUnavailable;
  Fixture f({nullptr, nullptr, &broker});
  auto peer = f.peer();
  peer->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", f.now);
  (void)peer->take();
  peer->session.receive(R"({"id":3,"publish":{"channel":"room","data":1}})", f.now);
  CHECK(peer->take_one().find(R"({"id":3,"error":{"code":100,"message":)") == 0);
  CHECK_EQ(f.hub->counters().refused_by(Status::kUnavailable), 1u);
}

TEST(nobody_sees_a_message_of_a_durable_room_before_the_journal_has_it) {
  LateJournal journal;
  journal.restoring.at_once = true;
  Fixture f({nullptr, nullptr, nullptr, nullptr, &journal}, true);
  auto a = f.texter();
  auto b = f.texter();
  a->session.enter("room", f.now);
  b->session.enter("room", f.now);
  (void)a->say("one", f.now);
  (void)b->say("two", f.now);
  f.turn();
  CHECK(a->got.empty());
  CHECK_EQ(journal.written.size(), 2u);
  CHECK_EQ(journal.written[1].first, 2u);
  journal.appends.reply();
  f.turn();
  CHECK_EQ(b->got, f.frame("one"));
  journal.appends.reply();
  f.turn();
  CHECK_EQ(a->got, f.frame("one") + f.frame("two"));
}

TEST(a_message_that_cannot_be_written_fails_with_all_behind_it_and_leaves_no_hole) {
  LateJournal journal;
  journal.restoring.at_once = true;
  Fixture f({nullptr, nullptr, nullptr, nullptr, &journal}, true);
  std::vector<Status> ended;
  for (const char* text : {"one", "two"})
    f.hub->publish({}, {"room", Message{text}}, f.now).then([&](const Published& p) { ended.push_back(p.status); });
  journal.appends.reply(Status::kUnavailable);
  journal.appends.reply();
  f.turn();
  CHECK_EQ(ended.size(), 2u);
  CHECK(ended[0] == Status::kUnavailable && ended[1] == Status::kUnavailable);
  journal.appends.at_once = true;
  Published third = publish(*f.hub, "room", Message{"three"}, f.now);
  CHECK(third.status == Status::kOk && third.position.offset == 1);
}

TEST(a_room_goes_on_where_the_journal_knew_it_and_publishing_waits_for_that) {
  LateJournal journal;
  journal.kept = {{7, "seven"}, {8, "eight"}};
  journal.appends.at_once = true;
  Fixture f({nullptr, nullptr, nullptr, nullptr, &journal}, true);
  std::optional<Published> result;
  f.hub->publish({}, {"room", Message{"nine"}}, f.now).then([&](const Published& published) { result = published; });
  auto text = f.texter();
  text->session.enter("room", f.now);
  CHECK(!result && !text->session.room());
  journal.restoring.reply();
  f.turn();
  CHECK(result && result->status == Status::kOk && result->position.offset == 9 && result->position.epoch == "kept");
  CHECK_EQ(f.hub->find("room")->history().count(), 3u);
  CHECK(text->session.room() != nullptr);
}

TEST(the_api_answers_when_the_last_of_its_publications_is_done) {
  LateGate gate;
  Fixture f({nullptr, nullptr, nullptr, &gate});
  Idempotency idempotency;
  Revocations revocations;
  ServerApi::Node node{"id", "name", 0};
  ServerApi api(*f.hub, f.sessions, idempotency, revocations, f.options, node);
  std::string answer;
  {
    std::string body =
        R"({"commands":[{"publish":{"channel":"a","data":1}},{"broadcast":{"channels":["a","b"],"data":2}}]})";
    api.call("batch", body, f.now, 1).then([&](const ServerApi::Answer& late) { answer = late.json; });
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(answer.empty());
    gate.reply();
    f.turn();
  }
  CHECK(answer.find(R"({"publish":{"offset":1,)") != std::string::npos);
  CHECK(answer.find(R"({"broadcast":{"responses":[{"result":{"offset":2,)") != std::string::npos);
}
