#include "dialect/centrifuge/session.h"

#include <malloc.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/session_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

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

TEST(a_message_that_nobody_takes_ends_the_session) {
  for (const char* message : {R"({"send":{"data":1}})", R"({"id":3,"send":{}})"}) {
    Fixture f;
    f.connect(*f.a);
    CHECK_EQ(f.ask(*f.a, std::string("{\"id\":2,\"ping\":{}}\n") + message).at(0), R"({"id":2,"ping":{}})");
    CHECK(f.a->why == Status::kNotServed);
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

namespace {

// Bytes that the program holds; always the same under a sanitizer, which has an allocator of its own.
size_t held() {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

TEST(a_long_reply_leaves_no_memory_behind) {
  Fixture f;
  f.both_in_room();
  for (int i = 0; i < 5; ++i)
    (void)f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":")" + std::string(60000, 'x') + "\"}}");
  (void)f.b->take();
  size_t before = held();
  CHECK(f.ask_one(*f.b, R"({"id":4,"history":{"channel":"room","limit":-1}})").size() > 300'000);
  // The test has held the bytes, too.
  for (std::string* own : {&f.b->bytes, &f.b->message}) std::string().swap(*own);
  CHECK(held() < before + 30'000);
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

TEST(a_connect_that_is_refused_takes_no_memory) {
  Fixture f;
  for (int i = 1; i <= 50; ++i) {
    std::string data = R"({"user":5,"x":")" + std::string(3000, 'y') + "\"}";
    f.a->session.receive("{\"id\":" + std::to_string(i) + ",\"connect\":{\"data\":" + data + "}}", 0);
    CHECK(f.a->take_one().find("\"code\":107") != std::string::npos);
    CHECK_EQ(f.hub.memory().clients.used(), 0u);
  }
  CHECK(!f.a->why);
}

TEST(pongs_get_no_reply) {
  Fixture f;
  f.connect(*f.a);
  CHECK_EQ(f.ask(*f.a, "{}\n{}").size(), 0u);
  f.a->session.ping();
  CHECK_EQ(f.a->take_one(), "{}");
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
