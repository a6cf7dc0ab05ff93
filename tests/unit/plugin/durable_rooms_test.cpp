// What clients and back ends see of rooms that the journal keeps: all of their messages, also after a restart.
#include <string>
#include <vector>

#include "support/durable_world.h"

using namespace lws_chat;

namespace {

// The data of the publications in a text, in their order.
std::string data_of(const std::string& text) {
  constexpr std::string_view kData = "\"data\":";
  std::string all;
  for (size_t at = text.find(kData); at != std::string::npos; at = text.find(kData, at)) {
    at += kData.size();
    if (text[at] != '{') all += text.substr(at, text.find_first_of(",}", at) - at) + " ";
  }
  return all;
}

std::string numbers(int first, int last, int step = 1) {
  std::string all;
  for (int i = first; i != last + step; i += step) all += std::to_string(i) + " ";
  return all;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_session_recovers_after_a_restart_what_memory_does_not_have) {
  for (bool at_once : {true, false}) {
    DurableWorld w;
    w.publish(20);
    w.restart();
    w.journal->at_once = at_once;
    auto peer = w.peer();
    std::string got = w.ask(
        *peer, R"({"id":2,"subscribe":{"channel":"room","recover":true,"offset":3,"epoch":")" + w.epoch() + "\"}}");
    CHECK(has(got, R"("offset":3,"was_recovering":true,"recovered":true)"));
    CHECK_EQ(data_of(got), numbers(4, 20));
    CHECK(has(got, R"("offset":20)"));
  }
}

TEST(a_session_that_wants_all_or_an_error_gets_one_of_them_also_of_a_room_that_nobody_uses) {
  DurableWorld w;
  w.publish(60);
  w.restart();
  w.journal->at_once = false;
  auto peer = w.peer();
  std::string subscribe =
      R"("subscribe":{"channel":"room","flag":2,"recover":true,"epoch":")" + w.epoch() + R"(","offset":)";
  CHECK(has(w.ask(*peer, R"({"id":2,)" + subscribe + "9}}"), R"("code":112)"));
  CHECK_EQ(data_of(w.ask(*peer, R"({"id":3,)" + subscribe + "10}}")), numbers(11, 60));
}

TEST(a_text_client_gets_its_replay_after_a_restart) {
  DurableWorld w(20);
  w.publish(30);
  w.restart();
  w.journal->at_once = false;
  TextPeer text(*w.hub, w.options);
  text.session.enter("room", w.now);
  w.settle();
  w.resume(text);
  std::string all;
  for (int i = 11; i <= 30; ++i) all += make_frame(Opcode::kText, true, std::to_string(i));
  CHECK_EQ(text.got, all);
}

TEST(an_event_stream_goes_on_at_its_id_after_a_restart) {
  DurableWorld w;
  w.publish(30);
  w.restart();
  w.journal->at_once = false;
  EventPeer events(*w.hub, w.options);
  events.session.enter({"room", "other"}, w.epoch() + ":7", w.now);
  w.settle();
  w.resume(events);
  std::string all = events.take();
  for (int i = 8; i <= 30; ++i) CHECK(has(all, "\ndata: " + std::to_string(i) + "\n"));
  CHECK(!has(all, "\ndata: 7\n"));
}

TEST(the_history_of_a_room_is_read_across_the_border_of_memory) {
  DurableWorld w;
  w.publish(30);
  for (bool at_once : {true, false}) {
    w.journal->at_once = at_once;
    auto ask = [&](const std::string& range) {
      std::string answer = w.call("history", R"({"channel":"room",)" + range + "}");
      CHECK(has(answer, R"("offset":30}})"));
      return data_of(answer);
    };
    CHECK_EQ(ask(R"("limit":-1)"), numbers(1, 30));
    CHECK_EQ(ask(R"("limit":0)"), "");
    CHECK_EQ(ask(R"("limit":28)"), numbers(1, 28));
    CHECK_EQ(ask(R"("limit":28,"reverse":true)"), numbers(30, 3, -1));
    CHECK_EQ(ask(R"("limit":3,"reverse":true)"), numbers(30, 28, -1));
    CHECK_EQ(ask(R"("limit":5,"since":{"offset":20,"epoch":")" + w.epoch() + "\"}"), numbers(21, 25));
    CHECK_EQ(ask(R"("limit":-1,"since":{"offset":20})"), numbers(21, 30));
    CHECK_EQ(ask(R"("limit":3,"reverse":true,"since":{"offset":20})"), numbers(19, 17, -1));
    CHECK_EQ(ask(R"("limit":6,"reverse":true,"since":{"offset":28})"), numbers(27, 22, -1));
  }
}

TEST(a_restart_does_not_hide_history_and_removing_it_waits_for_the_journal) {
  DurableWorld w;
  w.publish(12);
  w.restart();
  w.journal->at_once = false;
  CHECK_EQ(data_of(w.call("history", R"({"channel":"room","limit":-1})")), numbers(1, 12));
  CHECK_EQ(w.call("presence", R"({"channel":"room"})"), R"({"result":{"presence":{}}})");
  w.journal->write_status = Status::kUnavailable;
  CHECK(has(w.call("history_remove", R"({"channel":"room"})"), R"("code":100)"));
  CHECK_EQ(w.answer.status, 503u);
  w.journal->write_status = Status::kOk;
  CHECK_EQ(w.call("history_remove", R"({"channel":"room"})"), R"({"result":{}})");
  CHECK(w.disk["room"].messages.empty());
  CHECK_EQ(w.call("history", R"({"channel":"room","limit":-1})"),
           R"({"result":{"publications":[],"epoch":")" + w.epoch() + R"(","offset":12}})");
}

TEST(a_long_history_is_cut_off_and_read_backwards_in_pieces_that_fit) {
  DurableWorld w;
  std::string large(60000, 'x');
  for (int i = 0; i < 30; ++i)
    (void)publish(*w.hub, "room", {"\"" + std::to_string(i) + large + "\"", Format::kJson}, w.now);
  w.journal->at_once = false;
  std::string answer = w.call("history", R"({"channel":"room","limit":-1})");
  CHECK(answer.size() > 1000000 && answer.size() < 1200000);
  CHECK(has(answer, "\"0xxx") && !has(answer, "\"29xxx"));
  answer = w.call("history", R"({"channel":"room","limit":-1,"reverse":true})");
  CHECK(answer.size() > 1000000 && answer.size() < 1200000);
  CHECK(has(answer, "\"29xxx") && has(answer, "\"20xxx") && !has(answer, "\"0xxx"));
  CHECK(w.hub->memory().clients.used() < 10000);
}

TEST(a_history_that_cannot_be_read_now_is_a_temporary_error) {
  DurableWorld w;
  w.publish(12);
  auto peer = w.peer();
  (void)w.ask(*peer, R"({"id":2,"subscribe":{"channel":"room"}})");
  w.journal->read_status = Status::kUnavailable;
  CHECK(has(w.ask(*peer, R"({"id":3,"history":{"channel":"room","limit":-1}})"), R"({"id":3,"error":{"code":100,)"));
  CHECK(has(w.call("history", R"({"channel":"room","limit":-1})"), R"({"error":{"code":100,)"));
  CHECK_EQ(w.answer.status, 503u);
  CHECK(has(w.call("history", R"({"channel":"else","limit":-1})"), R"({"error":{"code":100,)"));
  CHECK_EQ(w.answer.status, 503u);
  CHECK_EQ(data_of(w.ask(*peer, R"({"id":4,"history":{"channel":"room","limit":2,"reverse":true}})")), "12 11 ");
}

TEST(a_room_that_cannot_be_restored_is_refused_for_now_and_other_rooms_go_on) {
  DurableWorld w;
  w.journal->at_once = false;
  w.journal->read_status = Status::kUnavailable;
  auto peer = w.peer();
  std::string got = w.ask(*peer, R"({"id":2,"subscribe":{"channel":"room"}})");
  CHECK(has(got, R"({"id":2,"error":{"code":100,)") && has(got, R"("temporary":true)"));
  CHECK(has(w.ask(*peer, R"({"id":3,"subscribe":{"channel":"typing:x"}})"), R"({"id":3,"subscribe":{)"));
  TextPeer text(*w.hub, w.options);
  text.session.enter("room", w.now);
  EventPeer events(*w.hub, w.options);
  events.session.enter({"room"}, "", w.now);
  w.settle();
  CHECK(text.why == Status::kUnavailable && events.why == Status::kUnavailable);
}

TEST(a_request_that_is_repeated_while_the_journal_writes_publishes_once) {
  DurableWorld w;
  w.publish(1);
  w.journal->at_once = false;
  ServerApi api(*w.hub, *w.sessions, *w.idempotency, w.revocations, w.options, w.node);
  std::vector<std::string> answers;
  for (int i = 0; i < 2; ++i)
    api.call("publish", R"({"channel":"room","data":7,"idempotency_key":"k"})", w.now, 1)
        .then([&](const ServerApi::Answer& late) { answers.push_back(late.json); });
  CHECK(answers.empty());
  w.settle();
  CHECK_EQ(answers.size(), 2u);
  CHECK_EQ(answers[0], answers[1]);
  CHECK_EQ(w.disk["room"].top, 2u);
  CHECK_EQ(w.disk["room"].messages.back().second.view().key, "k");
}

TEST(a_text_client_whose_message_the_journal_does_not_take_is_read_no_further_until_it_does) {
  DurableWorld w;
  TextPeer text(*w.hub, w.options), reader(*w.hub, w.options);
  text.session.enter("room", w.now);
  reader.session.enter("room", w.now);
  for (bool at_once : {true, false}) {
    w.journal->at_once = at_once;
    w.journal->write_status = Status::kUnavailable;
    std::string before = reader.got;
    (void)text.say("one", w.now);
    (void)text.say("two", w.now);
    w.settle();
    CHECK(text.held && text.why == Status::kOk && reader.got == before);
    CHECK(w.hub->memory().input.used() > 0);
    Time asked_at = w.now;
    for (int i = 0; i < 10; ++i) {
      CHECK(text.alarm > w.now && text.alarm < w.now + DurableWorld::kSecond);
      text.steady = w.now = text.alarm;
      text.session.time_is_up(w.now);
      w.settle();
    }
    CHECK(w.now < asked_at + 5 * DurableWorld::kSecond && text.held);
    w.journal->write_status = Status::kOk;
    text.steady = w.now = text.alarm;
    text.session.time_is_up(w.now);
    w.settle();
    w.resume(text);
    CHECK_EQ(reader.got, before + make_frame(Opcode::kText, true, "one") + make_frame(Opcode::kText, true, "two"));
    CHECK(!text.held);
    CHECK_EQ(w.hub->memory().input.used(), 0u);
  }
  CHECK(w.hub->counters().refused_by(Status::kUnavailable) >= 22u);
}

TEST(messages_of_a_text_client_follow_each_other_to_the_journal_and_keep_their_order) {
  DurableWorld w;
  TextPeer text(*w.hub, w.options);
  text.session.enter("room", w.now);
  w.settle();
  w.journal->at_once = false;
  std::string all;
  int sent = 0;
  for (; !text.held && sent < 1000; ++sent) {
    (void)text.say(std::to_string(sent), w.now);
    all += make_frame(Opcode::kText, true, std::to_string(sent));
  }
  CHECK_EQ(sent, 64);
  CHECK(text.got.empty());
  // It was read a little further before it was held.
  (void)text.say("after", w.now);
  (void)text.say("close", w.now);
  (void)text.say("ignored", w.now);
  w.settle();
  w.resume(text);
  all += make_frame(Opcode::kText, true, "after") + make_frame(Opcode::kText, true, "close");
  CHECK_EQ(text.got.substr(0, all.size()), all);
  CHECK(text.why == Status::kClosedOnRequest && text.got.find("ignored") == std::string::npos);
  CHECK_EQ(w.disk["room"].top, 66u);
}

TEST(messages_that_the_journal_does_not_take_are_tried_again_in_their_order) {
  DurableWorld w;
  TextPeer text(*w.hub, w.options), reader(*w.hub, w.options);
  text.session.enter("room", w.now);
  reader.session.enter("room", w.now);
  w.settle();
  w.journal->at_once = false;
  w.journal->write_status = Status::kUnavailable;
  std::string all;
  for (const char* word : {"one", "two", "three"}) {
    (void)text.say(word, w.now);
    all += make_frame(Opcode::kText, true, word);
  }
  // The journal works again before the session knows that the first ones have failed.
  JournalDouble::answer(w.journal->writes);
  w.hub->flush(w.now, 1000);
  w.journal->write_status = Status::kOk;
  CHECK(!text.held);
  (void)text.say("four", w.now);
  all += make_frame(Opcode::kText, true, "four");
  w.settle();
  CHECK(text.held && reader.got.empty());
  text.steady = w.now = text.alarm;
  text.session.time_is_up(w.now);
  w.settle();
  w.resume(text);
  CHECK_EQ(reader.got, all);
  CHECK(!text.held);
  CHECK_EQ(w.hub->memory().input.used(), 0u);
}

TEST(a_text_client_is_closed_after_five_seconds_without_a_journal_and_readers_stay) {
  DurableWorld w;
  TextPeer text(*w.hub, w.options), reader(*w.hub, w.options);
  text.session.enter("room", w.now);
  reader.session.enter("room", w.now);
  w.journal->write_status = Status::kUnavailable;
  Time asked_at = w.now;
  (void)text.say("one", w.now);
  for (int i = 0; i < 100 && text.why == Status::kOk; ++i) {
    text.steady = w.now = text.alarm;
    text.session.time_is_up(w.now);
    w.settle();
  }
  CHECK(text.why == Status::kUnavailable);
  CHECK_EQ(describe(text.why).close_code, 1013u);
  CHECK(w.now >= asked_at + 5 * DurableWorld::kSecond && w.now < asked_at + 6 * DurableWorld::kSecond);
  CHECK(reader.why == Status::kOk && reader.session.room());
}

TEST(a_text_client_may_go_while_its_message_is_unsure) {
  DurableWorld w;
  w.journal->at_once = false;
  {
    TextPeer text(*w.hub, w.options);
    text.session.enter("room", w.now);
    w.settle();
    w.resume(text);
    (void)text.say("one", w.now);
  }
  w.settle();
  CHECK_EQ(w.disk["room"].top, 1u);
  CHECK_EQ(w.hub->memory().input.used(), 0u);
}

TEST(what_the_journal_does_not_take_is_a_temporary_error_for_sessions_and_503_for_back_ends) {
  DurableWorld w;
  auto peer = w.peer();
  (void)w.ask(*peer, R"({"id":2,"subscribe":{"channel":"room"}})");
  w.journal->at_once = false;
  w.journal->write_status = Status::kUnavailable;
  std::string got = w.ask(*peer, R"({"id":3,"publish":{"channel":"room","data":1}})");
  CHECK(has(got, R"({"id":3,"error":{"code":100,)") && has(got, R"("temporary":true)"));
  CHECK(has(w.call("publish", R"({"channel":"room","data":1})"), R"({"error":{"code":100,)"));
  CHECK_EQ(w.answer.status, 503u);
  CHECK_EQ(w.hub->counters().refused_by(Status::kUnavailable), 2u);
  CHECK_EQ(w.call("publish", R"({"channel":"typing:x","data":1})").find(R"({"result":)"), 0u);
  w.journal->write_status = Status::kOk;
  CHECK(has(w.call("publish", R"({"channel":"room","data":2})"), R"("offset":1)"));
  CHECK(has(w.heard(*peer), R"("data":2)"));
}

TEST(who_was_present_is_absent_after_a_restart_and_comes_back_as_the_same_client) {
  DurableWorld w;
  constexpr char kAnn[] = R"({"user":"ann","session":"one"})";
  auto ann = w.peer(kAnn);
  auto ben = w.peer(R"({"user":"ben","session":"two"})");
  auto carl = w.peer();
  for (SessionPeer* peer : {ann.get(), ben.get(), carl.get()})
    (void)w.ask(*peer, R"({"id":2,"subscribe":{"channel":"room"}})");
  (void)w.ask(*ann, R"({"id":3,"subscribe":{"channel":"typing:x"}})");
  CHECK_EQ(w.records.count(Records::Kind::kPresent), 2u);
  std::string before = w.call("presence", R"({"channel":"room"})");
  std::string id = ann->session.identity()->client;
  for (SessionPeer* peer : {ann.get(), ben.get(), carl.get()}) peer->session.lost(w.now);
  w.restart();
  CHECK(has(w.call("presence_stats", R"({"channel":"room"})"), R"("num_clients":2)"));
  auto watcher = w.peer();
  (void)w.ask(*watcher, R"({"id":2,"subscribe":{"channel":"room","join_leave":true}})");
  ann = w.peer(kAnn);
  (void)w.ask(*ann, R"({"id":2,"subscribe":{"channel":"room"}})");
  w.settle();
  CHECK_EQ(ann->session.identity()->client, id);
  CHECK_EQ(w.heard(*watcher), "");
  w.journal->clock = w.now += 6 * DurableWorld::kSecond;
  w.settle();
  std::string told = w.heard(*watcher);
  CHECK(has(told, R"("leave":)") && has(told, "ben") && !has(told, R"("ann")"));
  CHECK_EQ(w.records.count(Records::Kind::kPresent), 1u);
  ann->session.lost(w.now, Hub::Departure::kFinal);
  w.settle();
  CHECK(has(w.heard(*watcher), id));
  CHECK_EQ(w.records.count(Records::Kind::kPresent), 0u);
}

TEST(records_of_clients_that_cannot_be_read_or_count_no_more_are_dropped) {
  DurableWorld w;
  for (const char* key : {"noslash", "room/short", "typing:x/client"})
    (void)w.records.keep(Records::Kind::kPresent, key, key[0] == 't' ? "3 2 ann{}key" : "9 9 x", Records::kForever);
  w.restart();
  CHECK_EQ(w.records.count(Records::Kind::kPresent), 0u);
  w.settle();
  CHECK_EQ(w.hub->rooms().size(), 0u);
}
