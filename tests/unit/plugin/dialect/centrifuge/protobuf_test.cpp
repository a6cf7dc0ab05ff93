// The structured dialect in protobuf, beside JSON clients in the same rooms.
#include <string>
#include <vector>

#include "support/hub_calls.h"
#include "support/session_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

namespace {

// `b` speaks protobuf.
struct Mixed : Fixture {
  Mixed() { b = std::make_unique<SessionPeer>(hub, sessions, doorman, options, Encoding::kProtobuf); }

  std::vector<std::string> ask_b(std::string_view json) {
    b->send(json, now);
    flush();
    return b->take();
  }
  void both_inside() {
    connect(*a);
    subscribe(*a);
    CHECK_EQ(ask_b(R"({"id":1,"connect":{"data":{"user":"bob"}}})").at(0).substr(0, 17), R"({"id":1,"connect")");
    CHECK_EQ(ask_b(R"({"id":2,"subscribe":{"channel":"room"}})").at(0).substr(0, 19), R"({"id":2,"subscribe")");
    (void)a->take();
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The text after "pub": without the info.
std::string data_of(const std::string& push) {
  size_t at = push.find(R"("data":)");
  size_t end = push.find(R"(,"info")");
  return at == std::string::npos ? push : push.substr(at, end - at);
}

}  // namespace

TEST(clients_of_both_encodings_in_one_room_see_the_same) {
  Mixed f;
  f.both_inside();
  std::string data = R"({ "n" : [1, 2.50, null], "e":"\u00e9\n請" })";
  std::vector<std::string> own = f.ask_b(R"({"id":3,"publish":{"channel":"room","data":)" + data + "}}");
  CHECK_EQ(own.size(), 2u);
  CHECK_EQ(own[0], R"({"id":3,"publish":{}})");
  CHECK_EQ(data_of(own[1]), "\"data\":" + data);
  CHECK(has(own[1], R"("user":"bob")") && has(own[1], R"("offset":1)"));
  CHECK_EQ(data_of(f.a->take_one()), "\"data\":" + data);
  std::string theirs = f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":)" + data + "}}").at(1);
  CHECK_EQ(data_of(theirs), "\"data\":" + data);
  CHECK_EQ(data_of(f.b->take_one()), "\"data\":" + data);
}

TEST(data_that_is_no_json_reaches_protobuf_clients_as_it_is_and_json_clients_in_base64) {
  Mixed f;
  f.both_inside();
  std::vector<std::string> own = f.ask_b(R"({"id":3,"publish":{"channel":"room","b64data":"/wAi"}})");
  CHECK_EQ(own.at(0), R"({"id":3,"publish":{}})");
  CHECK(has(own.at(1), R"("b64data":"/wAi")"));
  CHECK_EQ(data_of(f.a->take_one()), R"("data":{"base64":"/wAi"})");
  // Also from the history.
  CHECK(has(f.ask_b(R"({"id":4,"history":{"channel":"room","limit":5}})").at(0), R"("b64data":"/wAi")"));
  CHECK(has(f.ask_one(*f.a, R"({"id":4,"history":{"channel":"room","limit":5}})"), R"("data":{"base64":"/wAi"})"));
}

TEST(blanks_around_json_reach_protobuf_clients_and_it_stays_json) {
  Mixed f;
  f.both_inside();
  std::vector<std::string> own = f.ask_b(R"({"id":3,"publish":{"channel":"room","b64data":"IFsxXQo="}})");  // " [1]\n"
  CHECK(has(own.at(1), R"("data":[1])") && has(own.at(1), R"("b64data":"IFsxXQo=")"));
  CHECK_EQ(data_of(f.a->take_one()), R"("data": [1] )");
  CHECK(has(f.ask_b(R"({"id":4,"history":{"channel":"room","limit":5}})").at(0), R"("b64data":"IFsxXQo=")"));
}

TEST(blanks_around_json_do_not_count_where_data_must_be_json) {
  Mixed f;
  f.both_inside();
  CHECK_EQ(f.error(f.ask_b(R"({"id":3,"subscribe":{"channel":"other","b64data":"IFsxXQo="}})").at(0)), 0);
}

// Otherwise a JSON client would take it for several replies.
TEST(json_with_line_breaks_reaches_json_clients_on_one_line_and_protobuf_clients_exactly) {
  Mixed f;
  f.both_inside();
  std::vector<std::string> own = f.ask_b("{\"id\":3,\"publish\":{\"channel\":\"room\",\"data\":{\n\"a\":1\r\n}}}");
  CHECK_EQ(data_of(own.at(1)), "\"data\":{\n\"a\":1\r\n}");
  CHECK_EQ(data_of(f.a->take_one()), R"("data":{ "a":1  })");
  CHECK(has(f.ask_b(R"({"id":4,"history":{"channel":"room","limit":5}})").at(0), "\"data\":{\n\"a\":1\r\n}"));
  CHECK(has(f.ask_one(*f.a, R"({"id":4,"history":{"channel":"room","limit":5}})"), R"("data":{ "a":1  })"));
}

TEST(json_nested_deeper_than_a_command_may_be_is_bytes_and_ends_nobody) {
  Mixed f;
  f.both_inside();
  for (size_t levels : {62u, 63u, 64u, 65u, 100u}) {
    std::string deep = std::string(levels, '[') + std::string(levels, ']');
    (void)f.ask_b(R"({"id":3,"publish":{"channel":"room","data":)" + deep + "}}");
    CHECK(!f.b->why);
    std::string seen = data_of(f.a->take_one());
    CHECK_EQ(seen.substr(0, 8), levels == 62 ? "\"data\":[" : "\"data\":{");
  }
}

TEST(json_clients_cannot_publish_base64_as_bytes) {
  Mixed f;
  f.both_inside();
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":3,"publish":{"channel":"room","b64data":"/wAi"}})")), 107);
}

TEST(other_data_than_that_of_a_publication_must_be_json) {
  Mixed f;
  CHECK_EQ(f.error(f.ask_b(R"({"id":1,"connect":{"b64data":"/wAi"}})").at(0)), 107);
  f.both_inside();
  CHECK_EQ(f.error(f.ask_b(R"({"id":3,"subscribe":{"channel":"other","b64data":"/wAi"}})").at(0)), 107);
}

TEST(a_ping_is_an_empty_message_and_so_is_its_answer) {
  Mixed f;
  f.both_inside();
  f.b->session.ping();
  CHECK_EQ(f.b->bytes, std::string("\x82\x01\x00", 3));
  f.b->bytes.clear();
  f.b->session.receive(std::string_view("\0", 1), f.now);
  CHECK(!f.b->why && f.b->take().empty());
}

TEST(several_commands_in_one_message_are_answered_in_order) {
  Mixed f;
  f.both_inside();
  std::string message;
  for (const char* json : {R"({"id":3,"presence_stats":{"channel":"room"}})", R"({"id":4,"ping":{}})"})
    message += SessionPeer::proto_of(json);
  f.b->session.receive(message, f.now);
  std::vector<std::string> replies = f.b->take();
  CHECK_EQ(replies.size(), 2u);
  CHECK_EQ(replies[0], R"({"id":3,"presence_stats":{"num_clients":2,"num_users":2}})");
  CHECK_EQ(replies[1], R"({"id":4,"ping":{}})");
}

TEST(bytes_that_are_no_command_end_the_session) {
  for (const std::string& wrong : {std::string("\x05"
                                               "ab",
                                               3),
                                   std::string("\xff"), std::string("\x02\x0a\x09", 3)}) {
    Mixed f;
    f.both_inside();
    f.b->session.receive(wrong, f.now);
    CHECK(f.b->why == Status::kBadRequest);
  }
}

TEST(a_command_without_a_method_is_refused) {
  Mixed f;
  f.both_inside();
  f.b->session.receive(std::string_view("\x02\x08\x09", 3), f.now);
  CHECK_EQ(f.error(f.b->take_one()), 107);
}

TEST(presence_and_recovery_are_the_same_in_protobuf) {
  Mixed f;
  f.both_inside();
  std::string presence = f.ask_b(R"({"id":3,"presence":{"channel":"room"}})").at(0);
  CHECK(has(presence, R"("user":"bob")") && has(presence, R"("conn_info":)"));
  for (int i = 0; i < 3; ++i) (void)f.ask(*f.a, R"({"id":3,"publish":{"channel":"room","data":1}})");
  (void)f.b->take();
  (void)f.ask_b(R"({"id":4,"unsubscribe":{"channel":"room"}})");
  std::string back =
      f.ask_b(R"({"id":5,"subscribe":{"channel":"room","recover":true,"offset":1,"epoch":")" + f.epoch() + "\"}}")
          .at(0);
  CHECK(has(back, R"("was_recovering":true,"recovered":true,"publications":[{"data":1,)"));
  CHECK(has(back, R"("offset":2)") && has(back, R"("offset":3)"));
}

TEST(the_text_that_closes_is_answered_and_closes) {
  Mixed f;
  f.options.close_word = "close";
  f.options.close_reply = "bye";
  f.both_inside();
  std::vector<std::string> texts = f.ask_b(R"({"id":3,"publish":{"channel":"room","data":"close"}})");
  CHECK(f.b->why == Status::kClosedOnRequest);
  CHECK_EQ(texts.back(), R"({"push":{"message":{"data":"bye"}}})");
}
