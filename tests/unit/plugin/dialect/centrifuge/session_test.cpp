#include "dialect/centrifuge/session.h"

#include <memory>

#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;

struct Fixture {
  Sessions sessions;
  Hub hub{ample_settings(), stream_kinds()};
  Options options = default_options();
  Time now = 0;
  std::unique_ptr<SessionPeer> a = peer();
  std::unique_ptr<SessionPeer> b = peer();

  std::unique_ptr<SessionPeer> peer() { return std::make_unique<SessionPeer>(hub, sessions, options); }
  void flush() {
    for (int i = 0; i < 3 && hub.due() <= now; ++i) hub.flush(now, 1000);
  }
  // The answers to a peer, with pushes.
  std::vector<std::string> ask(SessionPeer& peer, std::string_view commands) {
    peer.session.receive(commands, now);
    flush();
    return peer.take();
  }
  std::string ask_one(SessionPeer& peer, std::string_view command) {
    std::vector<std::string> texts = ask(peer, command);
    return texts.size() == 1 ? texts[0] : std::to_string(texts.size()) + " texts";
  }
  void connect(SessionPeer& peer, const std::string& data = "{}") {
    CHECK_EQ(ask_one(peer, R"({"id":1,"connect":{"data":)" + data + "}}").substr(0, 28),
             R"({"id":1,"connect":{"client":)");
  }
  void subscribe(SessionPeer& peer, const std::string& room = "room", const std::string& more = "") {
    std::string reply = ask(peer, R"({"id":2,"subscribe":{"channel":")" + room + "\"" + more + "}}").at(0);
    CHECK_EQ(reply.substr(0, 21), R"({"id":2,"subscribe":{)");
  }
  void both_in_room() {
    for (SessionPeer* peer : {a.get(), b.get()}) connect(*peer), subscribe(*peer);
  }
  std::string epoch(const char* room = "room") { return hub.find(room)->epoch(); }
  // The code in {"id":9,"error":{"code":107,... 0: no error.
  int error(const std::string& reply) {
    size_t at = reply.find("\"error\":{\"code\":");
    return at == std::string::npos ? 0 : std::stoi(reply.substr(at + 16));
  }
  std::string client_of(SessionPeer& peer, const std::string& data) {
    std::string reply = ask_one(peer, R"({"id":1,"connect":{"data":)" + data + "}}");
    return reply.substr(29, 32);
  }
};

}  // namespace

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

TEST(several_commands_in_one_message_are_answered_in_one_message) {
  Fixture f;
  f.connect(*f.a);
  f.a->session.receive("{\"id\":2,\"ping\":{}}\n\n {\"id\":3,\"ping\":{}} \r\n{\"id\":4,\"ping\":{}}\n", 0);
  CHECK_EQ(f.a->bytes.substr(2), "{\"id\":2,\"ping\":{}}\n{\"id\":3,\"ping\":{}}\n{\"id\":4,\"ping\":{}}");
}

TEST(a_subscribe_reply_comes_before_the_publications_of_its_room) {
  Fixture f;
  f.both_in_room();
  auto late = f.peer();
  f.connect(*late);
  late->appetite = 0;
  late->session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", 0);
  (void)f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":"x"}})");
  late->appetite = 1;
  late->session.resume(0);
  CHECK(late->take_one().find(R"({"id":2,"subscribe":)") == 0);
  late->appetite = 1;
  late->session.resume(0);
  CHECK(late->take_one().find(R"({"push":)") == 0);
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
           std::pair(R"({"id":5,"history":{"channel":"room","limit":1,"since":{"offset":9}}})", 112),
           std::pair(R"({"id":5,"history":{"channel":"room","limit":1,"since":{"offset":0,"epoch":"other"}}})", 112),
           std::pair(R"({"id":5,"rpc":{"method":"x"}})", 104),
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
}

TEST(an_id_used_twice_in_one_message_is_an_error) {
  Fixture f;
  f.connect(*f.a);
  std::vector<std::string> texts = f.ask(*f.a, "{\"id\":2,\"ping\":{}}\n{\"id\":2,\"ping\":{}}");
  CHECK_EQ(texts.at(0), R"({"id":2,"ping":{}})");
  CHECK_EQ(f.error(texts.at(1)), 107);
}

TEST(an_invalid_command_ends_the_session_after_the_earlier_replies) {
  for (const char* bad : {"x", "[]", "\"id\"", "{\"id\":1", "{\"id\":\"2\",\"ping\":{}}", "{\"id\":-1,\"ping\":{}}",
                          "{\"id\":4294967296,\"ping\":{}}", "{\"ping\":{}}", "{\"id\":9,\"connect\":{}}",
                          "{\"id\":9,\"ping\":{}}{\"id\":10,\"ping\":{}}", "{\"id\":0,\"ping\":{}}"}) {
    Fixture f;
    f.connect(*f.a);
    std::vector<std::string> texts =
        f.ask(*f.a, std::string("{\"id\":2,\"ping\":{}}\n") + bad + "\n{\"id\":3,\"ping\":{}}");
    CHECK(f.a->why == Status::kBadRequest);
    CHECK_EQ(texts.size(), 1u);
    CHECK_EQ(texts[0], R"({"id":2,"ping":{}})");
  }
}

TEST(a_session_knows_why_it_ended) {
  for (auto [command, detail] :
       {std::pair("x", "not a command in JSON"), std::pair(R"({"ping":{}})", "command without id"),
        std::pair(R"({"id":5,"connect":{}})", "connect for the second time")}) {
    Fixture f;
    f.connect(*f.a);
    (void)f.ask(*f.a, command);
    CHECK_EQ(f.a->detail, detail);
  }
  Fixture f;
  (void)f.ask(*f.a, R"({"id":1,"ping":{}})");
  CHECK_EQ(f.a->detail, "connect has to come first");
}

TEST(the_identity_of_a_client_must_be_texts) {
  for (const char* data : {R"({"user":1})", R"({"session":[]})"}) {
    Fixture f;
    CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":1,"connect":{"data":)" + std::string(data) + "}}")), 107);
    f.connect(*f.a);
  }
}

TEST(unread_replies_of_all_clients_together_are_limited) {
  Fixture f;
  f.options.hub.max_memory = 400'000;
  f.both_in_room();
  for (int i = 0; i < 5; ++i)
    (void)f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":")" + std::string(60000, 'x') + "\"}}");
  (void)f.b->take();
  f.b->appetite = 0;
  const char* history = R"({"id":4,"history":{"channel":"room","limit":-1}})";
  f.b->session.receive(history, f.now);
  CHECK(f.sessions.untaken > 300'000);
  CHECK_EQ(f.error(f.ask_one(*f.a, history)), 111);
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":4,"presence":{"channel":"room"}})")), 111);
  // Small answers go on, and so does a recovery, because it is read from the history and not kept.
  CHECK_EQ(f.ask_one(*f.a, R"({"id":5,"ping":{}})"), R"({"id":5,"ping":{}})");
  (void)f.ask(*f.a, R"({"id":6,"unsubscribe":{"channel":"room"}})");
  std::vector<std::string> texts =
      f.ask(*f.a, R"({"id":7,"subscribe":{"channel":"room","recover":true,"offset":0,"epoch":")" + f.epoch() + "\"}}");
  CHECK(texts.at(0).find("\"recovered\":true") != std::string::npos);
  CHECK_EQ(texts.size(), 1u);
  while (f.a->session.behind()) f.a->session.resume(f.now);
  CHECK_EQ(f.a->take().size(), 5u);
  f.b->appetite = 1 << 20;
  f.b->session.resume(f.now);
  CHECK_EQ(f.sessions.untaken, 0u);
  CHECK_EQ(f.error(f.ask_one(*f.a, history)), 0);
}

TEST(unread_replies_of_a_lost_client_no_longer_count) {
  Fixture f;
  f.both_in_room();
  f.b->appetite = 0;
  f.b->session.receive(R"({"id":4,"presence":{"channel":"room"}})", f.now);
  CHECK(f.sessions.untaken > 0);
  f.b.reset();
  CHECK_EQ(f.sessions.untaken, 0u);
}

TEST(the_first_command_must_be_connect) {
  for (const char* early :
       {R"({"id":1,"subscribe":{"channel":"room"}})", R"({"id":1,"ping":{}})", R"({"send":{"data":1}})"}) {
    Fixture f;
    f.a->session.receive(early, 0);
    CHECK(f.a->why == Status::kBadRequest);
  }
}

TEST(pongs_and_messages_without_an_id_get_no_reply) {
  Fixture f;
  f.connect(*f.a);
  CHECK_EQ(f.ask(*f.a, "{}\n{\"send\":{\"data\":{}}}").size(), 0u);
  f.a->session.ping();
  CHECK_EQ(f.a->take_one(), "{}");
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

TEST(a_client_that_sent_the_close_word_leaves_at_once) {
  Fixture f;
  f.connect(*f.a);
  f.subscribe(*f.a, "room", R"(,"join_leave":true)");
  f.connect(*f.b, R"({"user":"bob"})");
  f.subscribe(*f.b);
  f.now += kSecond;
  (void)f.ask(*f.b, R"({"id":3,"publish":{"channel":"room","data":"close"}})");
  CHECK(f.a->take().back().find(R"({"push":{"channel":"room","leave":{"info":{"user":"bob")") == 0);
}

TEST(an_ending_session_gets_waiting_messages_of_all_its_rooms) {
  Fixture f;
  f.both_in_room();
  f.subscribe(*f.a, "second");
  f.subscribe(*f.b, "second");
  f.b->session.receive(
      "{\"id\":3,\"publish\":{\"channel\":\"room\",\"data\":1}}\n{\"id\":4,\"publish\":{\"channel\":\"second\","
      "\"data\":2}}",
      0);
  f.a->session.end_after_head(Status::kGoingAway, 0);
  CHECK(!f.a->why);
  f.flush();
  CHECK_EQ(f.a->take().size(), 2u);
  CHECK(f.a->why == Status::kGoingAway);
}

TEST(a_session_in_no_room_ends_at_once) {
  Fixture f;
  f.connect(*f.a);
  f.a->session.end_after_head(Status::kGoingAway, 0);
  CHECK(f.a->why == Status::kGoingAway);
}

TEST(a_too_slow_reader_of_one_room_loses_its_session) {
  Fixture f;
  f.both_in_room();
  f.subscribe(*f.b, "second");
  f.b->appetite = 0;
  std::string big(60000, 'x');
  for (int i = 0; i < 20; ++i)
    f.now += kSecond, (void)f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":")" + big + "\"}}");
  CHECK(f.b->why == Status::kSlow);
  CHECK(f.hub.find("second")->members().empty());
  CHECK(!f.a->why);
}

TEST(replies_are_freed_as_they_are_read_even_by_a_slow_client) {
  Fixture f;
  f.connect(*f.a);
  f.a->one_frame = true;
  f.a->appetite = 0;
  const char* ping = R"({"id":2,"ping":{}})";
  f.a->session.receive(ping, 0);
  size_t most = 0;
  for (int i = 0; i < 20000; ++i) {
    f.a->session.receive(ping, 0);
    f.a->appetite = 1;
    f.a->session.resume(0);
    most = std::max(most, f.sessions.untaken);
  }
  CHECK_EQ(f.a->take().size(), 20000u);
  CHECK(most < 100'000);
}

TEST(a_ping_is_sent_once_even_if_replies_wait) {
  Fixture f;
  f.connect(*f.a);
  f.a->appetite = 0;
  f.a->session.receive(R"({"id":2,"ping":{}})", 0);
  f.a->session.ping();
  f.a->session.ping();
  f.a->appetite = 100;
  f.a->session.resume(0);
  CHECK_EQ(f.a->take().size(), 2u);
  f.a->session.ping();
  CHECK_EQ(f.a->take_one(), "{}");
}

TEST(commands_that_wait_for_the_rate_do_not_resume_when_the_connection_is_writable) {
  Fixture f;
  f.connect(*f.a);
  f.a->allowance = 1;
  f.a->session.receive("{\"id\":2,\"ping\":{}}\n{\"id\":3,\"ping\":{}}", 0);
  CHECK_EQ(f.a->take().size(), 1u);
  f.a->overdrawn = true;
  f.a->session.resume(0);
  CHECK_EQ(f.a->take().size(), 0u);
  f.a->overdrawn = false;
  f.a->session.resume(0);
  CHECK_EQ(f.a->take_one(), R"({"id":3,"ping":{}})");
}

TEST(ids_may_be_used_again_in_another_message_while_commands_wait) {
  Fixture f;
  f.connect(*f.a);
  f.a->allowance = 1;
  f.a->session.receive("{\"id\":2,\"ping\":{}}\n{\"id\":3,\"ping\":{}}", 0);
  f.a->session.receive(R"({"id":2,"ping":{}})", 0);
  f.a->session.resume(0);
  for (const std::string& text : f.a->take()) CHECK_EQ(f.error(text), 0);
}

TEST(a_list_of_members_is_limited_even_if_most_are_absent) {
  Fixture f;
  std::string info(3000, 'i');
  for (int i = 0; i < 500; ++i) {
    auto gone = f.peer();
    f.connect(*gone, R"({"user":"u","info":[)" + std::to_string(i) + ",\"" + info + "\"]}");
    f.subscribe(*gone);
  }
  f.connect(*f.a);
  f.subscribe(*f.a);
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":3,"presence":{"channel":"room"}})")), 106);
  f.a->spent = 0;
  std::string stats = f.ask_one(*f.a, R"({"id":3,"presence_stats":{"channel":"room"}})");
  CHECK_EQ(stats, R"({"id":3,"presence_stats":{"num_clients":501,"num_users":2}})");
  CHECK_EQ(f.a->spent, 6u);
}

TEST(presence_lists_the_clients_of_a_room_with_their_info) {
  Fixture f;
  f.connect(*f.a, R"({"user":"ann"})");
  f.connect(*f.b, R"({"user":"ann","info":7})");
  f.subscribe(*f.a);
  f.subscribe(*f.b);
  std::string reply = f.ask_one(*f.a, R"({"id":3,"presence":{"channel":"room"}})");
  CHECK_EQ(reply.substr(0, 32), R"({"id":3,"presence":{"presence":{)");
  CHECK(reply.find(R"("conn_info":7}})") != std::string::npos || reply.find(R"("conn_info":7},)") != std::string::npos);
  CHECK_EQ(f.ask_one(*f.a, R"({"id":4,"presence_stats":{"channel":"room"}})"),
           R"({"id":4,"presence_stats":{"num_clients":2,"num_users":1}})");
}

TEST(disabled_features_of_a_namespace_are_not_available) {
  Fixture f;
  f.connect(*f.a);
  CHECK_EQ(f.ask_one(*f.a, R"({"id":2,"subscribe":{"channel":"bare:x"}})"), R"({"id":2,"subscribe":{}})");
  for (const char* method : {"presence", "presence_stats", "history"})
    CHECK_EQ(f.error(f.ask_one(*f.a, std::string(R"({"id":3,")") + method + R"(":{"channel":"bare:x"}})")), 108);
  std::string push = f.ask(*f.a, R"({"id":3,"publish":{"channel":"bare:x","data":1}})").at(1);
  CHECK(push.find("offset") == std::string::npos);
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

TEST(waiting_commands_count_as_memory_and_too_many_end_the_session) {
  Fixture f;
  f.options.max_message = 1 << 20;
  f.connect(*f.a);
  f.a->appetite = 0;
  // More than a client may leave unread, so the rest waits.
  std::string many;
  for (int i = 2; i < 4000; ++i) many += R"({"id":)" + std::to_string(i) + ",\"ping\":{}}\n";
  size_t before = f.hub.memory().input.used();
  f.a->session.receive(many, f.now);
  CHECK(f.a->session.waits());
  CHECK(f.hub.memory().input.used() > before);
  MemoryAccount::Charge others(f.hub.memory().input);
  others.set(f.hub.memory().input.left() + others.bytes());
  f.a->session.receive(R"({"id":4001,"ping":{}})", f.now);
  CHECK(f.a->why == Status::kNoMemory);
  CHECK_EQ(f.hub.memory().input.used(), others.bytes());
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
