// A back end unsubscribes and disconnects clients.
#include <algorithm>

#include "api/server_api.h"
#include "support/hub_calls.h"
#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

using Fixture = ServerApiFixture;

const char* const kUnsubscribed =
    R"({"push":{"channel":"room","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}})";

}  // namespace

TEST(an_unsubscribe_comes_after_earlier_messages_and_nothing_follows) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  ServerApi api(f.hub, f.sessions, f.idempotency, f.revocations, f.options, f.node);
  (void)api.call("publish", R"({"channel":"room","data":"before"})", f.now, 1);
  CHECK_EQ(api.call("unsubscribe", R"({"channel":"room","user":"ann"})", f.now, 1).value().json, "{\"result\":{}}\n");
  (void)api.call("publish", R"({"channel":"room","data":"after"})", f.now, 1);
  f.flush();
  std::vector<std::string> texts = f.heard(*reader);
  CHECK_EQ(texts.size(), 2u);
  CHECK(texts[0].find("before") != std::string::npos);
  CHECK_EQ(texts[1], kUnsubscribed);
  CHECK(!reader->why);
}

TEST(an_unsubscribed_client_leaves_for_the_others_at_once) {
  Fixture f;
  auto reader = f.peer();
  auto watcher = f.peer();
  f.connect(*watcher);
  (void)f.ask(*watcher, R"({"id":2,"subscribe":{"channel":"room","join_leave":true}})");
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  CHECK(f.heard_one(*watcher).find("\"join\"") != std::string::npos);
  f.call("unsubscribe", R"({"channel":"room","user":"ann"})");
  CHECK(f.heard_one(*watcher).find("\"leave\"") != std::string::npos);
  CHECK_EQ(f.call("presence_stats", R"({"channel":"room"})"), R"({"result":{"num_clients":1,"num_users":1}})");
}

TEST(a_slow_client_is_unsubscribed_after_it_has_read_earlier_messages) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  reader->appetite = 0;
  f.call("publish", R"({"channel":"room","data":"before"})");
  f.call("unsubscribe", R"({"channel":"room","user":"ann"})");
  CHECK_EQ(reader->take().size(), 0u);
  reader->appetite = 1 << 30;
  reader->session.resume(f.now);
  std::vector<std::string> texts = f.heard(*reader);
  CHECK_EQ(texts.size(), 2u);
  CHECK_EQ(texts[1], kUnsubscribed);
}

TEST(an_unsubscribed_client_may_subscribe_again_at_once) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  f.call("unsubscribe", R"({"channel":"room","user":"ann"})");
  reader->session.receive(R"({"id":3,"subscribe":{"channel":"room"}})", f.now);
  std::vector<std::string> texts = f.heard(*reader);
  CHECK_EQ(texts.size(), 2u);
  CHECK_EQ(texts[0], kUnsubscribed);
  CHECK_EQ(texts[1].substr(0, 21), R"({"id":3,"subscribe":{)");
  f.call("publish", R"({"channel":"room","data":1})");
  CHECK(f.heard_one(*reader).find("\"pub\"") != std::string::npos);
}

TEST(an_unsubscribed_client_is_no_longer_a_member) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  f.call("unsubscribe", R"({"channel":"room","user":"ann"})");
  (void)f.heard(*reader);
  CHECK(f.ask(*reader, R"({"id":3,"publish":{"channel":"room","data":1}})").find("\"code\":103") != std::string::npos);
}

TEST(a_command_in_the_turn_of_the_unsubscribe_gets_103) {
  for (const char* method : {"history", "presence", "presence_stats", "publish"})
    for (bool stalled : {false, true}) {
      Fixture f;
      auto reader = f.peer();
      f.connect_and_subscribe(*reader, R"({"user":"ann"})");
      f.call("publish", R"({"channel":"room","data":"before"})");
      f.flush();
      f.heard(*reader);
      ServerApi api(f.hub, f.sessions, f.idempotency, f.revocations, f.options, f.node);
      (void)api.call("publish", R"({"channel":"room","data":"last"})", f.now, 1);
      (void)api.call("unsubscribe", R"({"channel":"room","user":"ann"})", f.now, 1);
      if (stalled) reader->appetite = 0;
      reader->session.receive(std::string("{\"id\":3,\"") + method + "\":{\"channel\":\"room\",\"data\":\"own\"}}",
                              f.now);
      f.flush();
      reader->appetite = 1 << 30;
      reader->session.resume(f.now);
      f.flush();
      std::vector<std::string> texts = f.heard(*reader);
      CHECK_EQ(texts.size(), 3u);
      auto said = [&](const char* words) {
        return std::any_of(texts.begin(), texts.end(),
                           [&](const std::string& text) { return text.find(words) != std::string::npos; });
      };
      CHECK(said("\"last\"") && said(kUnsubscribed) && said("{\"id\":3,\"error\":{\"code\":103"));
      CHECK(!reader->why);
      CHECK(f.call("history", R"({"channel":"room","limit":-1})").find("\"own\"") == std::string::npos);
    }
}

TEST(a_client_may_unsubscribe_in_the_turn_of_the_unsubscribe) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  ServerApi api(f.hub, f.sessions, f.idempotency, f.revocations, f.options, f.node);
  (void)api.call("unsubscribe", R"({"channel":"room","user":"ann"})", f.now, 1);
  CHECK_EQ(f.ask(*reader, R"({"id":3,"unsubscribe":{"channel":"room"}})"), "2 texts");
  f.subscribe(*reader);
}

TEST(rooms_of_an_unsubscribed_client_do_not_count_as_its_own) {
  Fixture f;
  f.options.max_subscriptions = 2;
  auto reader = f.peer();
  f.connect(*reader, R"({"user":"ann"})");
  for (const char* room : {"a", "b"}) f.subscribe(*reader, room);
  f.call("unsubscribe", R"({"user":"ann"})");
  CHECK_EQ(f.heard(*reader).size(), 2u);
  for (const char* room : {"c", "d"}) f.subscribe(*reader, room);
  CHECK(f.ask(*reader, R"({"id":3,"subscribe":{"channel":"e"}})").find("\"code\":106") != std::string::npos);
}

TEST(unsubscribe_without_a_room_means_all_rooms) {
  Fixture f;
  auto reader = f.peer();
  f.connect(*reader, R"({"user":"ann"})");
  for (const char* room : {"a", "b", "c"}) f.subscribe(*reader, room);
  f.call("unsubscribe", R"({"user":"ann"})");
  CHECK_EQ(f.heard(*reader).size(), 3u);
}

TEST(unsubscribe_affects_only_the_given_user_client_or_session) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  auto c = f.peer();
  std::string first = f.connect_and_subscribe(*a, R"({"user":"ann","session":"tab 1"})");
  f.connect_and_subscribe(*b, R"({"user":"ann","session":"tab 2"})");
  std::string third = f.connect_and_subscribe(*c, R"({"user":"bob"})");
  auto told = [&](const std::string& who, const std::string& room = "room") {
    f.call("unsubscribe", R"({"channel":")" + room + "\"," + who + "}");
    std::string names;
    for (auto [peer, name] : {std::pair(a.get(), 'a'), std::pair(b.get(), 'b'), std::pair(c.get(), 'c')}) {
      if (f.heard(*peer).empty()) continue;
      names += name;
      f.subscribe(*peer);
    }
    return names;
  };
  CHECK_EQ(told(R"("user":"ann")"), "ab");
  CHECK_EQ(told(R"("client":")" + third + "\""), "c");
  CHECK_EQ(told(R"("session":"tab 2")"), "b");
  CHECK_EQ(told(R"("user":"ann","client":")" + first + "\""), "a");
  CHECK_EQ(told(R"("user":"bob","client":")" + first + "\""), "");
  CHECK_EQ(told(R"("user":"nobody")"), "");
  CHECK_EQ(told(R"("user":"ann")", "other"), "");
}

TEST(a_session_ends_even_during_its_last_unsubscribe) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, R"({"user":"ann"})");
  ServerApi api(f.hub, f.sessions, f.idempotency, f.revocations, f.options, f.node);
  (void)api.call("unsubscribe", R"({"channel":"room","user":"ann"})", f.now, 1);
  reader->session.end_after_head(Status::kGoingAway, f.now);
  f.flush();
  CHECK(reader->why == Status::kGoingAway);
}

TEST(an_unsubscribed_text_client_is_closed) {
  Fixture f;
  CHECK(join(f.hub, f.texter, "room", 0, f.now) == Status::kOk);
  f.call("presence", R"({"channel":"room"})");
  f.call("unsubscribe", R"({"channel":"other","client":"texter"})");
  CHECK(!f.texter.ending);
  f.call("unsubscribe", R"({"channel":"room","client":"texter"})");
  CHECK(f.texter.ending && f.texter.ending->why == Status::kForced);
}

TEST(disconnect_ends_all_clients_of_a_user_with_3503) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  auto c = f.peer();
  for (SessionPeer* peer : {a.get(), b.get()}) f.connect_and_subscribe(*peer, R"({"user":"ann"})");
  f.connect_and_subscribe(*c, R"({"user":"bob"})");
  CHECK_EQ(f.call("disconnect", R"({"user":"ann"})"), R"({"result":{}})");
  for (SessionPeer* peer : {a.get(), b.get()}) CHECK(peer->why == Status::kForced && peer->code == 0);
  CHECK_EQ(describe(Status::kForced).protocol_code, 3503u);
  CHECK(!c->why);
  CHECK_EQ(f.call("presence_stats", R"({"channel":"room"})"), R"({"result":{"num_clients":1,"num_users":1}})");
}

TEST(disconnect_sends_the_code_and_reason_of_the_back_end) {
  Fixture f;
  auto reader = f.peer();
  f.connect(*reader, R"({"user":"ann"})");
  f.call("disconnect", R"({"user":"ann","disconnect":{"code":4001,"reason":"bon\u0065 nuit, é"}})");
  CHECK_EQ(reader->code, 4001u);
  CHECK_EQ(reader->detail, "bone nuit, é");
}

TEST(disconnect_spares_clients_on_the_whitelist) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  f.connect(*a, R"({"user":"ann"})");
  std::string spared = f.connect(*b, R"({"user":"ann"})");
  f.call("disconnect", R"({"user":"ann","whitelist":["somebody",")" + spared + "\"]}");
  CHECK(a->why && !b->why);
}

TEST(disconnect_can_name_one_client_or_session) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  std::string first = f.connect(*a, R"({"user":"ann","session":"tab 1"})");
  f.connect(*b, R"({"user":"ann","session":"tab 2"})");
  f.call("disconnect", R"({"user":"ann","client":")" + first + "\"}");
  CHECK(a->why && !b->why);
  f.call("disconnect", R"({"session":"tab 2"})");
  CHECK(b->why.has_value());
}

TEST(a_text_client_can_be_disconnected_by_its_id_from_presence) {
  Fixture f;
  CHECK(join(f.hub, f.texter, "room", 0, f.now) == Status::kOk);
  f.call("presence", R"({"channel":"room"})");
  f.call("disconnect", R"({"client":"texter","whitelist":["texter"]})");
  CHECK(!f.texter.ending);
  f.call("disconnect", R"({"client":"texter","disconnect":{"code":3999,"reason":"r"}})");
  CHECK(f.texter.ending && f.texter.ending->code == 3999 && f.texter.ending->detail == "r");
}

TEST(a_disconnected_client_returns_as_a_new_client) {
  Fixture f;
  auto a = f.peer();
  std::string first = f.connect_and_subscribe(*a, R"({"user":"ann","session":"tab"})");
  f.call("disconnect", R"({"user":"ann"})");
  auto b = f.peer();
  CHECK(f.connect(*b, R"({"user":"ann","session":"tab"})") != first);
}

TEST(a_reason_that_does_not_fit_a_close_frame_is_refused) {
  Fixture f;
  std::string begin = R"({"user":"a","disconnect":{"code":4000,"reason":")";
  CHECK_EQ(f.error("disconnect", begin + std::string(100, 'r') + "\"}}"), 0);
  CHECK_EQ(f.error("disconnect", begin + std::string(101, 'r') + "\"}}"), 107);
}
