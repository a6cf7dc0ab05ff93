// A back end publishes to one room or to several.
#include "api/server_api.h"
#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

using Fixture = ServerApiFixture;

}  // namespace

TEST(publish_reaches_the_room_byte_for_byte_and_returns_the_position) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  std::string data = R"({ "big":123456789012345678901234567890, "a":"\u00e9\/" ,"z":[1.0, 1e400 ]})";
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":)" + data + "}"), "{\"result\":" + f.position(1) + "}");
  CHECK_EQ(f.answer.status, 200u);
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"room","pub":{"data":)" + data + R"(,"offset":1}}})");
}

TEST(a_message_to_an_empty_room_is_kept) {
  Fixture f;
  std::string first = f.call("publish", R"({"channel":"room","data":1})");
  CHECK_EQ(first, "{\"result\":" + f.position(1) + "}");
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":2})"), "{\"result\":" + f.position(2) + "}");
}

TEST(publish_to_a_room_without_history_has_no_position) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, "{}", "bare:room");
  CHECK_EQ(f.call("publish", R"({"channel":"bare:room","data":1})"), R"({"result":{}})");
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"bare:room","pub":{"data":1}}})");
}

TEST(line_ends_between_the_parts_of_data_do_not_break_a_readers_line) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  f.call("publish",
         "{\"channel\":\"room\",\r\n \"data\":{\n  \"a\":1,\r\n  \"b\":\"x\\ny\"\n}, \"tags\":{\n\"t\":\"1\"}}");
  CHECK_EQ(f.heard_one(*reader),
           "{\"push\":{\"channel\":\"room\",\"pub\":{\"data\":{   \"a\":1,    \"b\":\"x\\ny\" },"
           "\"tags\":{ \"t\":\"1\"},\"offset\":1}}}");
}

TEST(publications_and_history_have_tags) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  f.call("publish", R"({"channel":"room","data":1,"tags":{"kind":"a","b":"é"}})");
  CHECK_EQ(f.heard_one(*reader),
           R"({"push":{"channel":"room","pub":{"data":1,"tags":{"kind":"a","b":"é"},"offset":1}}})");
  CHECK(f.ask(*reader, R"({"id":3,"history":{"channel":"room","limit":1}})").find(R"(,"tags":{"kind":"a","b":"é"},)") !=
        std::string::npos);
  CHECK(f.call("history", R"({"channel":"room","limit":1})").find(R"(,"tags":{"kind":"a","b":"é"},)") !=
        std::string::npos);
}

TEST(recovered_messages_have_tags) {
  Fixture f;
  f.call("publish", R"({"channel":"room","data":1,"tags":{"kind":"a"}})");
  auto reader = f.peer();
  f.connect(*reader);
  std::string reply = f.ask(
      *reader, R"({"id":2,"subscribe":{"channel":"room","recover":true,"offset":0,"epoch":")" + f.epoch() + "\"}}");
  CHECK(reply.find(R"("recovered":true,"publications":[{"data":1,"tags":{"kind":"a"},"offset":1,)") !=
        std::string::npos);
}

TEST(empty_tags_are_left_out) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  for (const char* tags : {"{}", "null"}) {
    f.call("publish", std::string(R"({"channel":"bare:x","data":1,"tags":)") + tags + "}");
    f.call("publish", std::string(R"({"channel":"room","data":1,"tags":)") + tags + "}");
    CHECK(f.heard_one(*reader).find("tags") == std::string::npos);
  }
}

TEST(a_message_that_skips_the_history_reaches_only_present_readers_and_has_no_offset) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":1,"skip_history":true})"), R"({"result":{}})");
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"room","pub":{"data":1}}})");
  CHECK_EQ(f.call("history", R"({"channel":"room","limit":-1})"),
           R"({"result":{"publications":[],"epoch":")" + f.epoch() + R"(","offset":0}})");
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":2})"), "{\"result\":" + f.position(1) + "}");
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"room","pub":{"data":2,"offset":1}}})");
}

TEST(the_same_idempotency_key_gets_the_same_answer_and_publishes_nothing_more) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  std::string first = f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})");
  f.call("publish", R"({"channel":"room","data":2})");
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":3,"idempotency_key":"k"})"), first);
  CHECK_EQ(f.heard(*reader).size(), 2u);
  CHECK_EQ(f.hub.find("room")->history().top(), 2u);
}

TEST(an_idempotency_key_belongs_to_its_room) {
  Fixture f;
  f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})");
  std::string other = f.call("publish", R"({"channel":"other","data":1,"idempotency_key":"k"})");
  CHECK_EQ(other, "{\"result\":" + f.position(1, "other") + "}");
}

TEST(an_idempotency_key_is_forgotten_after_five_minutes) {
  Fixture f;
  f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})");
  f.now += Idempotency::kKeep - 1;
  f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})");
  CHECK_EQ(f.hub.find("room")->history().top(), 1u);
  f.now += 1;
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})"),
           "{\"result\":" + f.position(2) + "}");
}

TEST(a_failed_publish_may_be_repeated_with_its_key) {
  Fixture f;
  std::vector<std::unique_ptr<SessionPeer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(f.peer());
    f.connect_and_subscribe(*peers.back(), "{}", "full" + std::to_string(i));
  }
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})"),
           R"({"error":{"code":106,"message":"limit exceeded: too many rooms"}})");
  CHECK_EQ(f.answer.status, 200u);
  CHECK_EQ(f.hub.counters().refused_by(Status::kTooManyRooms), 1u);
  peers.clear();
  std::string again = f.call("publish", R"({"channel":"room","data":1,"idempotency_key":"k"})");
  CHECK_EQ(again, "{\"result\":" + f.position(1) + "}");
}

TEST(broadcast_answers_for_each_room_like_publish) {
  Fixture f;
  f.call("publish", R"({"channel":"b","data":0})");
  std::string json = f.call("broadcast", R"({"channels":["a","b","x/y","bare:c"],"data":1})");
  std::string bad =
      R"({"error":{"code":107,"message":"bad request: channel must be a room name: 1 to 255 bytes of UTF-8 without / and control characters, and not . or .."}})";
  CHECK_EQ(json, R"({"result":{"responses":[{"result":)" + f.position(1, "a") + R"(},{"result":)" + f.position(2, "b") +
                     "}," + bad + R"(,{"result":{}}]}})");
  CHECK_EQ(f.answer.status, 200u);
}

TEST(broadcast_with_a_key_publishes_once_in_each_room) {
  Fixture f;
  std::string body = R"({"channels":["a","b"],"data":1,"idempotency_key":"k"})";
  std::string first = f.call("broadcast", body);
  CHECK_EQ(f.call("broadcast", body), first);
  CHECK_EQ(f.hub.find("a")->history().top() + f.hub.find("b")->history().top(), 2u);
}

TEST(a_wrong_publication_gets_an_error_and_is_not_published) {
  Fixture f;
  f.options.max_message = 100;
  std::string key(256, 'k');
  std::string tags = R"({"t":")" + std::string(4096, 't') + "\"}";
  for (auto [fields, words] : {
           std::pair<std::string, const char*>(R"("data":1)", "channel is missing or empty"),
           {R"("channel":"","data":1)", "channel is missing or empty"},
           {R"("channel":"\ud800","data":1)", "channel must be valid Unicode"},
           {R"("channel":"a\udc00b","data":1)", "channel must be valid Unicode"},
           {R"("channel":"\ud800\u0041","data":1)", "channel must be valid Unicode"},
           {R"("channel":"a/b","data":1)", "channel must be a room name"},
           {R"("channel":".","data":1)", "channel must be a room name"},
           {R"("channel":"..","data":1)", "channel must be a room name"},
           {R"("channel":"a\u0000","data":1)", "channel must be a room name"},
           {R"("channel":5,"data":1)", "channel must be a string"},
           {R"("channel":"room")", "data is missing"},
           {R"("channel":"room","data":")" + std::string(99, 'x') + "\"", "data is larger than max-message, 100 bytes"},
           {R"("channel":"room","data":1,"tags":[])", "tags must be an object of strings"},
           {R"("channel":"room","data":1,"tags":{"a":1})", "tags must be an object of strings"},
           {R"("channel":"room","data":1,"tags":)" + tags, "tags are larger than 4096 bytes"},
           {R"("channel":"room","data":1,"skip_history":1)", "skip_history must be true or false"},
           {R"("channel":"room","data":1,"idempotency_key":1)", "idempotency_key must be a string"},
           {R"("channel":"room","data":1,"idempotency_key":")" + key + "\"",
            "idempotency_key is longer than 255 bytes"},
           {R"("channel":"room","b64data":"eA==")", "b64data is not JSON, and the option binary is refuse"},
           {R"("channel":"room","b64data":"!")", "b64data is not base64"},
           {R"("channel":"room","b64data":1)", "b64data must be a string"},
           {R"("channel":"room","b64data":")" + std::string(136, 'x') + "\"",
            "data is larger than max-message, 100 bytes"},
           {R"("channel":"room","data":1,"delta":1)", "delta must be true or false"},
           {R"("channel":"room","data":1,"version":-1)", "version must be a whole number"},
           {R"("channel":"room","data":1,"version_epoch":1)", "version_epoch must be a string"},
           {R"("channel":"room","data":1,"version":1,"version_epoch":")" + key + "\"",
            "version_epoch is longer than 255 bytes"},
           {R"("channel":"room","data":1,"sip_history":true)", "unknown field \\\"sip_history\\\""},
       }) {
    std::string json = f.call("publish", "{" + fields + "}");
    if (json.find(std::string(R"({"error":{"code":107,"message":"bad request: )") + words) != 0)
      unit::report(__FILE__, __LINE__, fields + ": " + json);
    CHECK_EQ(f.answer.status, 400u);
  }
  CHECK(!f.hub.find("room"));
}

TEST(data_in_base64_takes_the_place_of_data) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  f.call("publish", R"({"channel":"room","data":1,"b64data":"eyJhIjoKMX0="})");
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"room","pub":{"data":{"a": 1},"offset":1}}})");
  f.options.binary = BinaryPolicy::kRelay;
  f.call("publish", R"({"channel":"room","b64data":"/w=="})");
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"room","pub":{"data":{"base64":"/w=="},"offset":2}}})");
}

TEST(a_message_that_is_older_than_the_last_one_is_not_published) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  auto publish = [&](const std::string& fields) {
    return f.call("publish", R"({"channel":"room","data":1,)" + fields + "}");
  };
  publish(R"("version":3)");
  CHECK_EQ(f.heard_one(*reader), R"({"push":{"channel":"room","pub":{"data":1,"offset":1,"version":3}}})");
  for (const char* version : {"2", "3"})
    CHECK_EQ(publish(R"("version":)" + std::string(version)), "{\"result\":" + f.position(1) + "}");
  CHECK_EQ(publish(R"("version":1,"version_epoch":"b")"), "{\"result\":" + f.position(2) + "}");
  CHECK_EQ(publish(R"("version":1,"version_epoch":"b")"), "{\"result\":" + f.position(2) + "}");
  CHECK_EQ(publish(R"("version":1)"), "{\"result\":" + f.position(2) + "}");
  CHECK_EQ(publish(R"("skip_history":false)"), "{\"result\":" + f.position(3) + "}");
  CHECK_EQ(publish(R"("version":1)"), "{\"result\":" + f.position(4) + "}");
  std::string history = f.call("history", R"({"channel":"room","limit":1})");
  CHECK(history.find(R"("offset":1,"version":3}])") != std::string::npos);
}

TEST(data_of_exactly_max_message_is_published) {
  Fixture f;
  f.options.max_message = 100;
  CHECK_EQ(f.error("publish", R"({"channel":"room","data":")" + std::string(98, 'x') + "\"}"), 0);
}
