// Requests that no method accepts, and the list of methods.
#include "api/server_api.h"

#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

using Fixture = ServerApiFixture;

}  // namespace

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
    CHECK_EQ(
        json,
        std::string(R"({"error":{"code":107,"message":"bad request: the request is not a JSON object: unexpected )") +
            words + "\"}}");
  }
  CHECK(!f.hub.find("room"));
}

TEST(an_empty_or_truncated_body_gets_that_error) {
  Fixture f;
  for (auto [body, words] : {
           std::pair("", "the body is empty, expected a JSON object"),
           std::pair(" \r\n", "the body is empty, expected a JSON object"),
           std::pair(R"({"channel":"room","data":1)", "the JSON object is incomplete: it ends after 26 bytes"),
           std::pair("{", "the JSON object is incomplete: it ends after 1 bytes"),
           std::pair(R"({"channel":"ro)", "the JSON object is incomplete: it ends after 14 bytes"),
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

TEST(fields_of_other_servers_are_allowed_if_they_are_off) {
  Fixture f;
  CHECK_EQ(
      f.error("publish", R"({"channel":"room","data":1,"b64data":"","delta":false,"version":0,"version_epoch":""})"),
      0);
  CHECK_EQ(f.error("disconnect", R"({"user":"x","all_users":false,"label_filter":null})"), 0);
}

TEST(other_wrong_requests_get_400) {
  Fixture f;
  for (auto [method, body, words] : {
           std::tuple("broadcast", R"({"data":1})", "channels is missing or empty"),
           std::tuple("broadcast", R"({"channels":[],"data":1})", "channels is missing or empty"),
           std::tuple("broadcast", R"({"channels":["a",1],"data":1})", "channels must be an array of strings"),
           std::tuple("broadcast", R"({"channels":"a","data":1})", "channels must be an array"),
           std::tuple("broadcast", R"({"channels":["a"]})", "data is missing"),
           std::tuple("presence", "{}", "channel must be a room name"),
           std::tuple("presence_stats", R"({"channel":"a/b"})", "channel must be a room name"),
           std::tuple("history", R"({"channel":"a","limit":2147483648})", "limit must be a whole number from "),
           std::tuple("history", R"({"channel":"a","limit":1.5})",
                      "limit must be a whole number from -2147483648 to 2147483647"),
           std::tuple("history", R"({"channel":"a","since":5})", "since must be an object"),
           std::tuple("history", R"({"channel":"a","since":{"offset":-1}})", "offset must be a whole number"),
           std::tuple("history", R"({"channel":"a","reverse":"yes"})", "reverse must be true or false"),
           std::tuple("history_remove", R"({"channel":"a","all":true})", "unknown field"),
           std::tuple("channels", R"({"pattern":1})", "pattern must be a string"),
           std::tuple("info", R"({"verbose":true})", "unknown field"),
           std::tuple("unsubscribe", R"({"channel":"a"})", "user, client or session is required"),
           std::tuple("unsubscribe", R"({"channel":"a","user":""})", "user, client or session is required"),
           std::tuple("unsubscribe", R"({"channel":"a","user":7})", "user must be a string"),
           std::tuple("unsubscribe", R"({"channel":"a","all_users":true})", "all_users is not available here"),
           std::tuple("disconnect", "{}", "user, client or session is required"),
           std::tuple("disconnect", R"({"user":"a","whitelist":[1]})", "whitelist must be an array of strings"),
           std::tuple("disconnect", R"({"user":"a","disconnect":{"code":2999,"reason":""}})",
                      "code of disconnect must be 3000 to 4999"),
           std::tuple("disconnect", R"({"user":"a","disconnect":{"code":5000}})",
                      "code must be a whole number from 0 to 4999"),
           std::tuple("disconnect", R"({"user":"a","disconnect":{"code":4000,"reconnect":true}})", "unknown field"),
           std::tuple("disconnect", R"({"user":"a","disconnect":4000})", "disconnect must be an object"),
           std::tuple("batch", R"({"commands":{}})", "commands must be an array"),
           std::tuple("batch", R"({"parallel":1})", "parallel must be true or false"),
       }) {
    std::string json = f.call(method, body);
    if (json.find(std::string(R"({"error":{"code":107,"message":"bad request: )") + words) != 0)
      unit::report(__FILE__, __LINE__, std::string(method) + " " + body + ": " + json);
    CHECK_EQ(f.answer.status, 400u);
  }
}

TEST(only_the_listed_methods_exist) {
  for (const char* method :
       {"publish", "broadcast", "presence", "presence_stats", "history", "history_remove", "channels", "info",
        "unsubscribe", "disconnect", "batch", "subscribe", "refresh", "revoke_token", "invalidate_user_tokens"})
    CHECK(ServerApi::has(method));
  for (const char* method : {"", "Publish", "publish/", "rpc", "publis"}) CHECK(!ServerApi::has(method));
}

TEST(a_request_may_be_twice_max_message_or_a_mebibyte) {
  Options options = default_options();
  CHECK_EQ(ServerApi::max_request(options), 1048576u);
  options.max_message = 3'000'000;
  CHECK_EQ(ServerApi::max_request(options), 6'000'000u);
}
