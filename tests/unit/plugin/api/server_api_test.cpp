#include "api/server_api.h"

#include "support/hub_calls.h"
#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = ServerApiFixture::kSecond;
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
      R"({"error":{"code":107,"message":"bad request: channel is no room name, expected 1 to 255 bytes of UTF-8 without / and control characters, and not . or .."}})";
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

TEST(presence_lists_the_members) {
  Fixture f;
  auto ann = f.peer();
  std::string id = f.connect_and_subscribe(*ann, R"({"user":"ann","info":{"n":1}})");
  CHECK_EQ(f.call("presence", R"({"channel":"room"})"),
           R"({"result":{"presence":{")" + id + R"(":{"user":"ann","client":")" + id + R"(","conn_info":{"n":1}}}}})");
}

TEST(presence_stats_counts_clients_and_users) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  for (SessionPeer* peer : {a.get(), b.get()}) f.connect_and_subscribe(*peer, R"({"user":"ann"})");
  CHECK(join(f.hub, f.texter, "room", 0, f.now) == Status::kOk);
  CHECK_EQ(f.call("presence_stats", R"({"channel":"room"})"), R"({"result":{"num_clients":3,"num_users":2}})");
}

TEST(a_room_that_does_not_exist_has_no_members) {
  Fixture f;
  CHECK_EQ(f.call("presence", R"({"channel":"none"})"), R"({"result":{"presence":{}}})");
  CHECK_EQ(f.call("presence_stats", R"({"channel":"none"})"), R"({"result":{"num_clients":0,"num_users":0}})");
}

TEST(disabled_queries_are_not_available_whether_the_room_exists_or_not) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, "{}", "bare:here");
  for (const char* method : {"presence", "presence_stats", "history", "history_remove"})
    for (const char* room : {"bare:here", "bare:away"}) {
      CHECK_EQ(f.error(method, std::string(R"({"channel":")") + room + "\"}"), 108);
      CHECK_EQ(f.answer.status, 200u);
    }
}

TEST(history_can_be_read_from_both_ends_and_from_a_position) {
  Fixture f;
  for (int i = 1; i <= 7; ++i) f.call("publish", R"({"channel":"room","data":)" + std::to_string(i) + "}");
  auto offsets = [&](const std::string& more) {
    std::string json = f.call("history", R"({"channel":"room")" + more + "}");
    std::string found;
    for (size_t at = 0; (at = json.find("\"data\":", at)) != std::string::npos; at += 7) found += json[at + 7];
    CHECK(json.find(R"(],"epoch":")" + f.epoch() + R"(","offset":7}})") != std::string::npos);
    return found;
  };
  CHECK_EQ(offsets(""), "");
  CHECK_EQ(offsets(R"(,"limit":-1)"), "34567");
  CHECK_EQ(offsets(R"(,"limit":2)"), "34");
  CHECK_EQ(offsets(R"(,"limit":2,"reverse":true)"), "76");
  CHECK_EQ(offsets(R"(,"limit":2,"since":{"offset":4,"epoch":")" + f.epoch() + "\"}"), "56");
  CHECK_EQ(offsets(R"(,"limit":9,"reverse":true,"since":{"offset":5,"epoch":")" + f.epoch() + "\"}"), "43");
}

TEST(an_unavailable_position_gets_112) {
  Fixture f;
  for (int i = 1; i <= 7; ++i) f.call("publish", R"({"channel":"room","data":1})");
  for (const char* since : {R"({"offset":1,"epoch":""})", R"({"offset":8})", R"({"offset":5,"epoch":"other"})"}) {
    CHECK_EQ(f.error("history", std::string(R"({"channel":"room","limit":1,"since":)") + since + "}"), 112);
    CHECK_EQ(f.answer.status, 200u);
  }
  CHECK_EQ(f.error("history", R"({"channel":"none","since":{"offset":5,"epoch":"x"}})"), 112);
}

TEST(a_room_that_does_not_exist_has_an_empty_history) {
  Fixture f;
  CHECK_EQ(f.call("history", R"({"channel":"none","limit":-1})"),
           R"({"result":{"publications":[],"epoch":"","offset":0}})");
}

TEST(history_remove_drops_the_messages_and_offsets_continue) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  for (int i = 0; i < 3; ++i) f.call("publish", R"({"channel":"room","data":1})");
  CHECK_EQ(f.call("history_remove", R"({"channel":"room"})"), R"({"result":{}})");
  CHECK_EQ(f.call("history", R"({"channel":"room","limit":-1})"),
           R"({"result":{"publications":[],"epoch":")" + f.epoch() + R"(","offset":3}})");
  CHECK_EQ(f.call("publish", R"({"channel":"room","data":1})"), "{\"result\":" + f.position(4) + "}");
  CHECK_EQ(f.call("history_remove", R"({"channel":"none"})"), R"({"result":{}})");
}

TEST(channels_lists_the_rooms_with_members) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  f.connect_and_subscribe(*a, "{}", "chat:\\\"1\\\"");
  f.connect_and_subscribe(*b, "{}", "news");
  f.call("publish", R"({"channel":"remembered","data":1})");
  std::string both = f.call("channels", "{}");
  CHECK(both.find(R"("news":{"num_clients":1})") != std::string::npos);
  CHECK(both.find(R"("chat:\"1\"":{"num_clients":1})") != std::string::npos);
  CHECK(both.find("remembered") == std::string::npos);
  CHECK_EQ(f.call("channels", R"({"pattern":"chat:*"})"),
           R"({"result":{"channels":{"chat:\"1\"":{"num_clients":1}}}})");
  CHECK_EQ(f.call("channels", R"({"pattern":"nothing"})"), R"({"result":{"channels":{}}})");
}

TEST(a_hostile_pattern_takes_no_longer) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader, "{}", std::string(255, 'a'));
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  CHECK_EQ(f.call("channels", R"({"pattern":")" + pattern + "b\"}"), R"({"result":{"channels":{}}})");
}

TEST(info_has_the_version_and_the_numbers_of_the_server) {
  Fixture f;
  auto a = f.peer();
  auto b = f.peer();
  f.hub.counters().connected(kStructuredKind);
  f.hub.counters().connected(kStructuredKind);
  f.connect_and_subscribe(*a, R"({"user":"ann"})");
  f.connect_and_subscribe(*b, R"({"user":"ann"})");
  f.subscribe(*b, "other");
  f.now += 60 * kSecond;
  std::string json = f.call("info", "{}");
  std::string begin = R"({"result":{"nodes":[{"uid":"node-id","name":"host/\"vhost\"","version":"lws-chat )";
  CHECK_EQ(json.substr(0, begin.size()), begin);
  CHECK_EQ(json.substr(json.find(",\"num_clients")),
           R"(,"num_clients":2,"num_users":1,"num_subs":3,"num_channels":2,"uptime":60}]}})");
}

TEST(batch_runs_commands_in_order_and_answers_each) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  std::string json = f.call("batch", R"({"parallel":true,"commands":[{"publish":{"channel":"room","data":1}},
      {"publish":{"channel":"room"}}, {"presence_stats":{"channel":"none"}}, {"broadcast":{"channels":["room"],"data":2}}]})");
  CHECK_EQ(json, R"({"result":{"replies":[{"publish":)" + f.position(1) +
                     R"(},{"error":{"code":107,"message":"bad request: data is missing"}},)" +
                     R"({"presence_stats":{"num_clients":0,"num_users":0}},{"broadcast":{"responses":[{"result":)" +
                     f.position(2) + "}]}}]}}");
  CHECK_EQ(f.answer.status, 200u);
  CHECK_EQ(f.heard(*reader).size(), 2u);
}

TEST(an_invalid_command_in_a_batch_is_answered_in_its_place) {
  Fixture f;
  CHECK_EQ(
      f.call("batch",
             R"({"commands":[1,{},{"info":{},"channels":{}},{"nope":{}},{"batch":{}},{"info":[]},{"channels":{}}]})"),
      R"({"result":{"replies":[{"error":{"code":107,"message":"bad request: a command is no object"}},)"
      R"({"error":{"code":107,"message":"bad request: a command has to have one method"}},)"
      R"({"error":{"code":107,"message":"bad request: a command has to have one method"}},)"
      R"({"error":{"code":104,"message":"method not found: nope"}},)"
      R"({"error":{"code":104,"message":"method not found: batch"}},)"
      R"({"error":{"code":107,"message":"bad request: info is no object"}},)"
      R"({"channels":{"channels":{}}}]}})");
}

TEST(an_empty_batch_has_no_replies) {
  Fixture f;
  CHECK_EQ(f.call("batch", R"({"commands":[]})"), R"({"result":{"replies":[]}})");
  CHECK_EQ(f.call("batch", "{}"), R"({"result":{"replies":[]}})");
}

TEST(a_batch_stops_when_its_answer_becomes_too_large) {
  Fixture f;
  std::string big(1'000'000, 'x');
  f.options.max_message = 2'000'000;
  f.call("publish", R"({"channel":"room","data":")" + big + "\"}");
  std::string commands;
  for (int i = 0; i < 10; ++i) commands += R"({"history":{"channel":"room","limit":-1}},)";
  std::string json = f.call("batch", R"({"commands":[)" + commands + R"({"publish":{"channel":"room","data":1}}]})");
  CHECK(json.size() < 6'000'000);
  CHECK(json.find("limit exceeded: the answers are too long for one batch") != std::string::npos);
  CHECK_EQ(f.hub.find("room")->history().top(), 1u);
}

TEST(malformed_json_gets_400_that_names_the_byte) {
  Fixture f;
  for (auto [body, words] : {
           std::pair("[]", "byte 1 of 2"),
           std::pair("nonsense", "byte 1 of 8"),
           std::pair(R"({"channel":"room","data":})", "byte 26 of 26"),
           std::pair(R"({"channel":"room","data":1}})", "byte 28 of 28"),
           std::pair("{\"channel\":\"room\",\"data\":1} \r\n\tx", "byte 32 of 32"),
           std::pair(R"({"channel":"room" "data":1})", "byte 19 of 27"),
       }) {
    std::string json = f.call("publish", body);
    CHECK_EQ(f.answer.status, 400u);
    CHECK_EQ(json, std::string(
                       R"({"error":{"code":107,"message":"bad request: the request is no JSON object, it breaks at )") +
                       words + "\"}}");
  }
  CHECK(!f.hub.find("room"));
}

TEST(an_empty_or_truncated_body_gets_that_error) {
  Fixture f;
  for (auto [body, words] : {
           std::pair("", "the body is empty, expected a JSON object"),
           std::pair(" \r\n", "the body is empty, expected a JSON object"),
           std::pair(R"({"channel":"room","data":1)", "the JSON object ends too early, after 26 bytes"),
           std::pair("{", "the JSON object ends too early, after 1 bytes"),
           std::pair(R"({"channel":"ro)", "the JSON object ends too early, after 14 bytes"),
       }) {
    CHECK_EQ(f.call("publish", body), std::string(R"({"error":{"code":107,"message":"bad request: )") + words + "\"}}");
    CHECK_EQ(f.answer.status, 400u);
  }
}

TEST(too_deeply_nested_json_is_malformed) {
  Fixture f;
  std::string deep = std::string(1000, '[') + std::string(1000, ']');
  CHECK_EQ(f.error("publish", R"({"channel":"room","data":)" + deep + "}"), 107);
  CHECK_EQ(f.answer.status, 400u);
}

TEST(a_request_that_is_not_utf8_gets_400) {
  Fixture f;
  CHECK_EQ(f.call("publish", "{\"channel\":\"room\",\"data\":\"\xff\"}"),
           R"({"error":{"code":107,"message":"bad request: the request is not valid UTF-8"}})");
  CHECK_EQ(f.answer.status, 400u);
}

TEST(a_wrong_publication_gets_an_error_and_is_not_published) {
  Fixture f;
  f.options.max_message = 100;
  std::string key(256, 'k');
  std::string tags = R"({"t":")" + std::string(4096, 't') + "\"}";
  for (auto [fields, words] : {
           std::pair<std::string, const char*>(R"("data":1)", "channel is missing or empty"),
           {R"("channel":"","data":1)", "channel is missing or empty"},
           {R"("channel":"\ud800","data":1)", "channel is no Unicode text"},
           {R"("channel":"a\udc00b","data":1)", "channel is no Unicode text"},
           {R"("channel":"\ud800\u0041","data":1)", "channel is no Unicode text"},
           {R"("channel":"a/b","data":1)", "channel is no room name"},
           {R"("channel":".","data":1)", "channel is no room name"},
           {R"("channel":"..","data":1)", "channel is no room name"},
           {R"("channel":"a\u0000","data":1)", "channel is no room name"},
           {R"("channel":5,"data":1)", "channel is no text"},
           {R"("channel":"room")", "data is missing"},
           {R"("channel":"room","data":")" + std::string(99, 'x') + "\"", "data is larger than max-message, 100 bytes"},
           {R"("channel":"room","data":1,"tags":[])", "tags are no object of texts"},
           {R"("channel":"room","data":1,"tags":{"a":1})", "tags are no object of texts"},
           {R"("channel":"room","data":1,"tags":)" + tags, "tags are larger than 4096 bytes"},
           {R"("channel":"room","data":1,"skip_history":1)", "skip_history is no boolean"},
           {R"("channel":"room","data":1,"idempotency_key":1)", "idempotency_key is no text"},
           {R"("channel":"room","data":1,"idempotency_key":")" + key + "\"",
            "idempotency_key is longer than 255 bytes"},
           {R"("channel":"room","b64data":"eA==")", "b64data is not available here"},
           {R"("channel":"room","data":1,"delta":true)", "delta is not available here"},
           {R"("channel":"room","data":1,"version":1)", "version is not available here"},
           {R"("channel":"room","data":1,"sip_history":true)", "unknown field \\\"sip_history\\\""},
       }) {
    std::string json = f.call("publish", "{" + fields + "}");
    if (json.find(std::string(R"({"error":{"code":107,"message":"bad request: )") + words) != 0)
      unit::report(__FILE__, __LINE__, fields + ": " + json);
    CHECK_EQ(f.answer.status, 400u);
  }
  CHECK(!f.hub.find("room"));
}

TEST(fields_of_other_servers_are_allowed_if_they_are_off) {
  Fixture f;
  CHECK_EQ(
      f.error("publish", R"({"channel":"room","data":1,"b64data":"","delta":false,"version":0,"version_epoch":""})"),
      0);
  CHECK_EQ(f.error("disconnect", R"({"user":"x","all_users":false,"label_filter":null})"), 0);
}

TEST(data_of_exactly_max_message_is_published) {
  Fixture f;
  f.options.max_message = 100;
  CHECK_EQ(f.error("publish", R"({"channel":"room","data":")" + std::string(98, 'x') + "\"}"), 0);
}

TEST(other_wrong_requests_get_400) {
  Fixture f;
  for (auto [method, body, words] : {
           std::tuple("broadcast", R"({"data":1})", "channels is missing or empty"),
           std::tuple("broadcast", R"({"channels":[],"data":1})", "channels is missing or empty"),
           std::tuple("broadcast", R"({"channels":["a",1],"data":1})", "channels is no array of texts"),
           std::tuple("broadcast", R"({"channels":"a","data":1})", "channels is no array"),
           std::tuple("broadcast", R"({"channels":["a"]})", "data is missing"),
           std::tuple("presence", "{}", "channel is no room name"),
           std::tuple("presence_stats", R"({"channel":"a/b"})", "channel is no room name"),
           std::tuple("history", R"({"channel":"a","limit":-2})", "limit is no whole number in its range"),
           std::tuple("history", R"({"channel":"a","limit":1.5})", "limit is no whole number in its range"),
           std::tuple("history", R"({"channel":"a","since":5})", "since is no object"),
           std::tuple("history", R"({"channel":"a","since":{"offset":-1}})", "offset is no whole number"),
           std::tuple("history", R"({"channel":"a","reverse":"yes"})", "reverse is no boolean"),
           std::tuple("history_remove", R"({"channel":"a","all":true})", "unknown field"),
           std::tuple("channels", R"({"pattern":1})", "pattern is no text"),
           std::tuple("info", R"({"verbose":true})", "unknown field"),
           std::tuple("unsubscribe", R"({"channel":"a"})", "user, client or session has to say who is meant"),
           std::tuple("unsubscribe", R"({"channel":"a","user":""})", "user, client or session has to say who is meant"),
           std::tuple("unsubscribe", R"({"channel":"a","user":7})", "user is no text"),
           std::tuple("unsubscribe", R"({"channel":"a","all_users":true})", "all_users is not available here"),
           std::tuple("disconnect", "{}", "user, client or session has to say who is meant"),
           std::tuple("disconnect", R"({"user":"a","whitelist":[1]})", "whitelist is no array of texts"),
           std::tuple("disconnect", R"({"user":"a","disconnect":{"code":2999,"reason":""}})",
                      "code of disconnect is to be 3000 to 4999"),
           std::tuple("disconnect", R"({"user":"a","disconnect":{"code":5000}})",
                      "code is no whole number in its range"),
           std::tuple("disconnect", R"({"user":"a","disconnect":{"code":4000,"reconnect":true}})", "unknown field"),
           std::tuple("disconnect", R"({"user":"a","disconnect":4000})", "disconnect is no object"),
           std::tuple("batch", R"({"commands":{}})", "commands is no array"),
           std::tuple("batch", R"({"parallel":1})", "parallel is no boolean"),
       }) {
    std::string json = f.call(method, body);
    if (json.find(std::string(R"({"error":{"code":107,"message":"bad request: )") + words) != 0)
      unit::report(__FILE__, __LINE__, std::string(method) + " " + body + ": " + json);
    CHECK_EQ(f.answer.status, 400u);
  }
}

TEST(a_reason_that_does_not_fit_a_close_frame_is_refused) {
  Fixture f;
  std::string begin = R"({"user":"a","disconnect":{"code":4000,"reason":")";
  CHECK_EQ(f.error("disconnect", begin + std::string(100, 'r') + "\"}}"), 0);
  CHECK_EQ(f.error("disconnect", begin + std::string(101, 'r') + "\"}}"), 107);
}

TEST(only_the_listed_methods_exist) {
  for (const char* method : {"publish", "broadcast", "presence", "presence_stats", "history", "history_remove",
                             "channels", "info", "unsubscribe", "disconnect", "batch"})
    CHECK(ServerApi::has(method));
  for (const char* method : {"", "Publish", "publish/", "subscribe", "refresh", "rpc", "publis"})
    CHECK(!ServerApi::has(method));
}

TEST(a_request_may_be_twice_max_message_or_a_mebibyte) {
  Options options = default_options();
  CHECK_EQ(ServerApi::max_request(options), 1048576u);
  options.max_message = 3'000'000;
  CHECK_EQ(ServerApi::max_request(options), 6'000'000u);
}
