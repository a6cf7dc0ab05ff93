// The protocol's commands, as a session runs them.
#include <string>
#include <utility>
#include <vector>

#include "support/hub_calls.h"
#include "support/session_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

TEST(a_connect_reply_has_the_client_id_and_the_ping_interval) {
  Fixture f;
  CHECK(!f.a->pinged);
  std::string reply = f.ask_one(*f.a, R"({"id":1,"connect":{"name":"js"}})");
  CHECK_EQ(reply.substr(0, 29), R"({"id":1,"connect":{"client":")");
  CHECK(reply.find(R"(","version":"lws-chat )") == 29 + 32);
  CHECK(reply.find(R"(,"ping":25,"pong":true}})") != std::string::npos);
  CHECK(f.a->pinged);
}

TEST(a_publication_reaches_all_after_the_reply_byte_for_byte) {
  Fixture f;
  f.both_in_room();
  std::string data = R"({ "big":123456789012345678901234567890, "a":"\u00e9\/\ud800" ,"z":[1.0, 1e400 ]})";
  std::vector<std::string> texts = f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":)" + data + "}}");
  CHECK_EQ(texts.size(), 2u);
  CHECK_EQ(texts[0], R"({"id":3,"publish":{}})");
  CHECK_EQ(texts[1].substr(0, 51 + data.size()),
           R"({"push":{"channel":"room","pub":{"data":)" + data + R"(,"info":{"u)");
  CHECK(texts[1].find(R"(},"offset":1}}})") != std::string::npos);
  CHECK_EQ(f.b->take_one(), texts[1]);
}

TEST(an_earlier_message_has_the_time_of_day_of_its_publication) {
  Fixture f;
  f.connect(*f.a);
  f.subscribe(*f.a);
  f.a->clock = 1'600'000'000'123;
  std::string push = f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":1}})").at(1);
  CHECK(push.find("\"time\"") == std::string::npos);
  // The clock of the machine changes.
  f.a->clock = 1'700'000'000'000;
  f.now = 9 * kSecond;
  std::string reply = f.ask_one(*f.a, R"({"id":4,"history":{"channel":"room","limit":1}})");
  CHECK(reply.find(R"("offset":1,"time":1600000000123})") != std::string::npos);
}

TEST(a_publication_names_its_publisher) {
  Fixture f;
  f.connect(*f.a, R"({"user":"ann","info":{"nick":"A"}})");
  f.subscribe(*f.a);
  std::string push = f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":1}})").at(1);
  CHECK(push.find(R"("info":{"user":"ann","client":")") != std::string::npos);
  CHECK(push.find(R"(","conn_info":{"nick":"A"}})") != std::string::npos);
}

TEST(the_data_of_connect_is_info_or_has_a_member_info) {
  for (auto [data, seen] : {std::pair(R"({"user":"u","info":[1]})", R"("conn_info":[1])"),
                            std::pair(R"({"nick":"n"})", R"("conn_info":{"nick":"n"})"),
                            std::pair(R"("just text")", R"("conn_info":"just text")")}) {
    Fixture f;
    f.connect(*f.a, data);
    f.subscribe(*f.a);
    CHECK(f.ask_one(*f.a, R"({"id":3,"presence":{"channel":"room"}})").find(seen) != std::string::npos);
  }
}

TEST(the_session_of_a_client_stays_secret) {
  Fixture f;
  f.connect(*f.a, R"({"user":"u","session":"secret"})");
  f.subscribe(*f.a);
  CHECK(f.ask_one(*f.a, R"({"id":3,"presence":{"channel":"room"}})").find("secret") == std::string::npos);
}

TEST(a_client_that_unsubscribes_gets_earlier_messages_and_no_later_ones) {
  Fixture f;
  f.both_in_room();
  f.b->session.receive(R"({"id":3,"publish":{"channel":"room","data":"before"}})", 0);
  f.a->session.receive(R"({"id":3,"unsubscribe":{"channel":"room"}})", 0);
  (void)f.ask(*f.b, R"({"id":4,"publish":{"channel":"room","data":"after"}})");
  std::vector<std::string> texts = f.a->take();
  CHECK_EQ(texts.size(), 2u);
  CHECK(texts[0].find("before") != std::string::npos);
  CHECK_EQ(texts[1], R"({"id":3,"unsubscribe":{}})");
}

TEST(unsubscribing_without_a_subscription_changes_nothing) {
  Fixture f;
  f.connect(*f.a);
  CHECK_EQ(f.ask_one(*f.a, R"({"id":3,"unsubscribe":{"channel":"room"}})"), R"({"id":3,"unsubscribe":{}})");
}

TEST(only_members_may_use_a_room) {
  Fixture f;
  f.connect(*f.a);
  for (const char* method : {"publish", "presence", "presence_stats", "history"})
    CHECK_EQ(f.error(f.ask_one(*f.a, std::string(R"({"id":3,")") + method + R"(":{"channel":"room","data":1}})")), 103);
}

TEST(an_impossible_command_gets_the_protocols_error) {
  Fixture f;
  f.both_in_room();
  for (auto [command, code] : {
           std::pair(R"({"id":5,"subscribe":{"channel":"room"}})", 105),
           std::pair(R"({"id":5,"subscribe":{"channel":""}})", 107),
           std::pair(R"({"id":5,"subscribe":{}})", 107),
           std::pair(R"({"id":5,"subscribe":{"channel":"a/b"}})", 107),
           std::pair(R"({"id":5,"subscribe":{"channel":".."}})", 107),
           std::pair(R"({"id":5,"subscribe":{"channel":5}})", 107),
           std::pair(R"({"id":5,"subscribe":{"channel":"x","recover":1}})", 107),
           std::pair(R"({"id":5,"subscribe":{"channel":"x","offset":-1}})", 107),
           std::pair(R"({"id":5,"subscribe":7})", 107),
           std::pair(R"({"id":5,"publish":{"channel":"room"}})", 107),
           std::pair(R"({"id":5,"history":{"channel":"room","limit":"all"}})", 107),
           std::pair(R"({"id":5,"history":{"channel":"room","limit":1,"since":{"offset":0},"reverse":true}})", 107),
           std::pair(R"({"id":5,"history":{"channel":"room","limit":1,"since":{"offset":0,"epoch":"other"}}})", 112),
           std::pair(R"({"id":5,"rpc":{"method":"x"}})", 108),
           std::pair(R"({"id":5,"subscribe":{"channel":"x","type":1}})", 108),
           std::pair(R"({"id":5,"subscribe":{"channel":"x","tf":{"key":"k"}}})", 107),
           std::pair(R"({"id":5,"publish":{"channel":"room","data":1,"type":1,"key":"k"}})", 108),
           std::pair(R"({"id":5,"publish":{"channel":"a/b","data":1}})", 107),
           std::pair(R"({"id":5,"presence":{}})", 107),
           std::pair(R"({"id":5,"method":1,"params":{}})", 104),
           std::pair(R"({"id":5,"frobnicate":{}})", 104),
           std::pair(R"({"id":5,"refresh":{"token":"x"}})", 108),
           std::pair(R"({"id":5,"sub_refresh":{"channel":"room","token":"x"}})", 108),
           std::pair(R"({"id":5,"ping":{},"publish":{}})", 107),
           std::pair(R"({"id":5})", 107),
       })
    CHECK_EQ(f.error(f.ask_one(*f.a, command)), code);
  CHECK(!f.a->why);
}

TEST(an_unknown_field_is_ignored) {
  Fixture f;
  CHECK_EQ(f.ask_one(*f.a, R"({"id":1,"connect":{"flag":7,"future":{"x":[]}}})").substr(0, 18),
           R"({"id":1,"connect":)");
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":2,"subscribe":{"channel":"room","tf":{},"phase":1}})")), 0);
  for (const char* command : {R"({"future":1,"id":3,"presence":{"channel":"room"}})",
                              R"({"id":3,"presence":{"channel":"room"},"future":{},"other":{}})"})
    CHECK_EQ(f.ask_one(*f.a, command).substr(0, 18), R"({"id":3,"presence")");
}

TEST(the_identity_of_a_client_must_be_texts) {
  for (const char* data : {R"({"user":1})", R"({"session":[]})"}) {
    Fixture f;
    CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":1,"connect":{"data":)" + std::string(data) + "}}")), 107);
    f.connect(*f.a);
  }
}

TEST(each_room_above_the_limit_is_refused) {
  Fixture f;
  f.connect(*f.a);
  for (uint64_t i = 0; i < f.options.max_subscriptions; ++i) f.subscribe(*f.a, "r" + std::to_string(i));
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":3,"subscribe":{"channel":"more"}})")), 106);
  (void)f.ask(*f.a, R"({"id":4,"unsubscribe":{"channel":"r5"}})");
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":5,"subscribe":{"channel":"more"}})")), 0);
}

TEST(too_much_data_in_connect_is_refused) {
  Fixture f;
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":1,"connect":{"data":")" + std::string(5000, 'x') + "\"}}")), 106);
}

TEST(a_text_client_gets_a_string_itself_and_other_data_as_json) {
  struct Text final : Client {
    Text() : Client(kTextKind) {}
    std::string got;
    bool ready() override { return true; }
    size_t write(std::string_view frames) override { return got += frames, frames.size(); }
    void dismissed(Ending, Time) override {}
  };
  Fixture f;
  f.both_in_room();
  Text text;
  CHECK(join(f.hub, text, "room", 0, 0) == Status::kOk);
  (void)f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":"\u8acb\"\n"}})");
  CHECK_EQ(text.got, "\x81\x05請\"\n");
  text.got.clear();
  f.now = kSecond;
  (void)f.ask(*f.a, R"({"id":4,"publish":{"channel":"room","data":{ "a":1}}})");
  CHECK_EQ(text.got, "\x81\x08{ \"a\":1}");
  (void)f.a->take();
  f.now = 2 * kSecond;
  CHECK(say(f.hub, text, "say \"hi\"\n", f.now).status == Status::kOk);
  f.flush();
  CHECK_EQ(f.a->take_one(), R"({"push":{"channel":"room","pub":{"data":"say \"hi\"\n","offset":3}}})");
  publish(f.hub, text, Message{std::string_view("\0\xff", 2), Format::kBinary}, f.now);
  f.now = 3 * kSecond;
  f.flush();
  CHECK(f.a->take_one().find(R"("data":{"base64":"AP8="})") != std::string::npos);
  f.hub.leave(text, 0);
}

TEST(the_close_word_is_answered_and_ends_the_session_for_good) {
  Fixture f;
  f.both_in_room();
  std::vector<std::string> texts = f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":"close"}})");
  CHECK_EQ(texts.size(), 3u);
  CHECK_EQ(texts[0], R"({"id":3,"publish":{}})");
  CHECK(texts[1].find(R"("data":"close")") != std::string::npos);
  CHECK_EQ(texts[2], R"({"push":{"message":{"data":"你要求我關閉喔!"}}})");
  CHECK(f.a->why == Status::kClosedOnRequest);
  CHECK_EQ(describe(Status::kClosedOnRequest).protocol_code, 4500);
  CHECK(!f.b->why);
  CHECK(f.b->take_one().find(R"("data":"close")") != std::string::npos);
}

TEST(clients_that_ask_get_joins_and_leaves) {
  Fixture f;
  f.connect(*f.a);
  f.subscribe(*f.a, "room", R"(,"join_leave":true)");
  f.connect(*f.b, R"({"user":"bob"})");
  f.subscribe(*f.b);
  f.now += kSecond;
  f.flush();
  std::string join = f.a->take_one();
  CHECK_EQ(join.substr(0, 63), R"({"push":{"channel":"room","join":{"info":{"user":"bob","client")");
  (void)f.ask(*f.b, R"({"id":3,"unsubscribe":{"channel":"room"}})");
  f.now += kSecond;
  f.flush();
  std::string leave = f.a->take_one();
  CHECK_EQ(leave, join.replace(join.find("join"), 4, "leave"));
}

TEST(a_client_that_returns_in_time_is_the_same_and_nobody_notices) {
  Fixture f;
  f.connect(*f.a);
  f.subscribe(*f.a, "room", R"(,"join_leave":true)");
  std::string data = R"({"user":"bob","info":{"tab":1}})";
  std::string id = f.client_of(*f.b, data);
  f.subscribe(*f.b);
  (void)f.a->take();
  f.b->session.lost(0);
  f.now = 4 * kSecond;
  auto again = f.peer();
  CHECK_EQ(f.client_of(*again, data), id);
  f.subscribe(*again);
  f.now = 60 * kSecond;
  f.flush();
  CHECK_EQ(f.a->take().size(), 0u);
}

TEST(a_client_without_a_session_is_new_each_time) {
  Fixture f;
  std::string id = f.client_of(*f.b, "{}");
  f.subscribe(*f.b);
  f.b->session.lost(0);
  auto again = f.peer();
  CHECK(f.client_of(*again, "{}") != id);
}

TEST(a_session_that_returns_early_replaces_its_old_connection) {
  Fixture f;
  f.connect(*f.a);
  f.subscribe(*f.a, "room", R"(,"join_leave":true)");
  std::string id = f.client_of(*f.b, R"({"user":"bob","session":"s"})");
  f.subscribe(*f.b);
  (void)f.a->take();
  auto again = f.peer();
  CHECK_EQ(f.client_of(*again, R"({"session":"s","user":"bob"})"), id);
  CHECK(f.b->why == Status::kReplaced);
  f.subscribe(*again);
  f.now = 60 * kSecond;
  f.flush();
  CHECK_EQ(f.a->take().size(), 0u);
  CHECK_EQ(f.ask_one(*f.a, R"({"id":4,"presence_stats":{"channel":"room"}})"),
           R"({"id":4,"presence_stats":{"num_clients":2,"num_users":2}})");
}

TEST(the_same_session_with_another_user_is_another_client) {
  Fixture f;
  std::string id = f.client_of(*f.a, R"({"user":"ann","session":"s"})");
  f.subscribe(*f.a);
  CHECK(f.client_of(*f.b, R"({"user":"bob","session":"s"})") != id);
}

TEST(a_subscription_without_memory_gets_error_111_and_costs_nothing) {
  Fixture f;
  f.connect(*f.a);
  f.subscribe(*f.a, "first");
  MemoryAccount::Charge others(f.hub.memory().clients);
  others.set(f.hub.memory().clients.left());
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":3,"subscribe":{"channel":"second"}})")), 111);
  others.set(0);
  size_t used = f.hub.memory().clients.used();
  f.subscribe(*f.a, "second");
  CHECK(f.hub.memory().clients.used() > used);
  (void)f.ask_one(*f.a, R"({"id":4,"unsubscribe":{"channel":"second"}})");
  f.a.reset();
  f.b.reset();
  f.now += 3600 * kSecond;
  f.hub.flush(f.now, 1000);
  CHECK_EQ(f.hub.memory().clients.used(), 0u);
}
