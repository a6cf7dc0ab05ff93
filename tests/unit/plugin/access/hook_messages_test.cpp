#include "access/hook_messages.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string flag(std::optional<bool> flag) { return flag ? (*flag ? "on" : "off") : "unset"; }

std::string on_off(const SubscriptionOverride& changed) {
  return flag(changed.presence) + " " + flag(changed.join_leave) + " " + flag(changed.force_push_join_leave) + " " +
         flag(changed.force_recovery) + " " + flag(changed.force_positioning);
}

HookClient ann() {
  HookClient client;
  client.client = "c1";
  client.user = "ann";
  client.meta = "{\"m\":1}";
  return client;
}

}  // namespace

TEST(questions_are_written_in_the_json_of_centrifugo) {
  std::vector<std::string> rooms{"one", "t\"wo"};
  HookClient nobody;
  nobody.client = "c1";
  nobody.transport = "sse";
  CHECK_EQ(hook_json(ConnectQuestion{nobody, {}, {}, {}, nullptr}),
           R"({"client":"c1","transport":"sse","protocol":"json","encoding":"json"})");
  CHECK_EQ(hook_json(ConnectQuestion{nobody, "{\"a\": 1}", "js", "1.2", &rooms}),
           R"({"client":"c1","transport":"sse","protocol":"json","encoding":"json","data":{"a": 1},"name":"js",)"
           R"("version":"1.2","channels":["one","t\"wo"]})");
  const std::string common = R"({"client":"c1","transport":"websocket","protocol":"json","encoding":"json",)";
  CHECK_EQ(hook_json(RefreshQuestion{ann()}), common + R"("user":"ann","meta":{"m":1}})");
  CHECK_EQ(hook_json(SubscribeQuestion{ann(), "r", "t.o.k", "5"}),
           common + R"("user":"ann","channel":"r","token":"t.o.k","meta":{"m":1},"data":5})");
  CHECK_EQ(hook_json(PublishQuestion{ann(), "r", "\"hi\""}),
           common + R"("user":"ann","channel":"r","data":"hi","meta":{"m":1}})");
  CHECK_EQ(hook_json(SubRefreshQuestion{ann(), "r"}), common + R"("user":"ann","channel":"r","meta":{"m":1}})");
  CHECK_EQ(hook_json(RpcQuestion{ann(), "sum", "[1]"}),
           common + R"("user":"ann","method":"sum","data":[1],"meta":{"m":1}})");
  HookClient anonymous;
  CHECK_EQ(hook_json(RefreshQuestion{anonymous}),
           R"({"client":"","transport":"websocket","protocol":"json","encoding":"json","user":""})");
}

TEST(the_result_of_a_connect_has_everything_about_the_client) {
  auto reply = read_connect_reply(R"({"result":{"user":"ann","expire_at":1900000000,"info":{"n":
1},"data":[2],"meta":{"k":3},"caps":[{"allow":["pub"]}],"labels":{"a":"b"},"channels":["a","b","a"],
"subs":{"b":{"info":1,"data":2,"expire_at":7,"override":{"presence":{"value":true},"join_leave":{"value":false},
"force_recovery":{}}},"c":null}}}
)");
  CHECK_EQ(reply.problem, "");
  CHECK(reply.given && reply.allowed());
  const ConnectResult& result = reply.result;
  CHECK_EQ(result.user, "ann");
  CHECK_EQ(result.expires_at, 1900000000);
  CHECK_EQ(result.info, "{\"n\": 1}");
  CHECK_EQ(result.data, "[2]");
  CHECK_EQ(result.meta, "{\"k\":3}");
  CHECK_EQ(result.subscriptions.size(), 3u);
  CHECK_EQ(result.subscriptions[0].room, "a");
  CHECK_EQ(result.subscriptions[0].info, "");
  CHECK_EQ(on_off(result.subscriptions[0].override), "unset unset unset unset unset");
  CHECK_EQ(result.subscriptions[1].room, "b");
  CHECK_EQ(result.subscriptions[1].info, "1");
  CHECK_EQ(result.subscriptions[1].data, "2");
  CHECK_EQ(result.subscriptions[1].expires_at, 7);
  CHECK_EQ(on_off(result.subscriptions[1].override), "on off unset off unset");
  CHECK_EQ(result.subscriptions[2].room, "c");
}

TEST(the_other_results_are_read) {
  auto refresh = read_refresh_reply(R"({"result":{"expired":true,"expire_at":5,"info":"i","meta":{"k":1}}})");
  CHECK(refresh.given && refresh.result.expired);
  CHECK_EQ(refresh.result.expires_at, 5);
  CHECK_EQ(refresh.result.info, "\"i\"");
  CHECK_EQ(refresh.result.meta, "{\"k\":1}");
  auto subscribe = read_subscribe_reply(
      R"({"result":{"expire_at":6,"info":1,"data":2,"override":{"force_push_join_leave":{"value":true},"force_positioning":{"value":true}}}})");
  CHECK(subscribe.given);
  CHECK_EQ(subscribe.result.expires_at, 6);
  CHECK_EQ(subscribe.result.info, "1");
  CHECK_EQ(subscribe.result.data, "2");
  CHECK_EQ(on_off(subscribe.result.override), "unset unset on unset on");
  auto publish = read_publish_reply(R"({"result":{"data":{"x":1},"skip_history":true,"tags":{"t":"u"}}})");
  CHECK_EQ(publish.result.data, "{\"x\":1}");
  CHECK_EQ(publish.result.tags, "{\"t\":\"u\"}");
  CHECK(publish.result.skip_history);
  auto versioned = read_publish_reply(R"({"result":{"version":7,"version_epoch":"b"}})");
  CHECK_EQ(versioned.result.version, 7u);
  CHECK_EQ(versioned.result.version_epoch, "b");
  CHECK_EQ(read_publish_reply(R"({"result":{"tags":{}}})").result.tags, "");
  CHECK_EQ(read_rpc_reply(R"({"result":{"data":[1,2]}})").result.data, "[1,2]");
}

TEST(json_may_come_in_base64) {
  // {"a":1}
  CHECK_EQ(read_rpc_reply(R"({"result":{"b64data":"eyJhIjoxfQ=="}})").result.data, "{\"a\":1}");
  CHECK_EQ(read_rpc_reply(R"({"result":{"data":2,"b64data":"eyJhIjoxfQ=="}})").result.data, "{\"a\":1}");
  CHECK_EQ(read_connect_reply(R"({"result":{"b64info":"eyJhIjoxfQ=="}})").result.info, "{\"a\":1}");
  // As in Centrifugo, a publish prefers data.
  CHECK_EQ(read_publish_reply(R"({"result":{"data":2,"b64data":"eyJhIjoxfQ=="}})").result.data, "2");
  CHECK_EQ(read_rpc_reply(R"({"result":{"b64data":"/w=="}})").problem, "result.b64data is not JSON in base64");
  CHECK_EQ(read_rpc_reply(R"({"result":{"b64data":"e"}})").problem, "result.b64data is not base64");
}

TEST(a_denial_is_an_error_or_a_disconnect) {
  auto error = read_subscribe_reply(R"({"error":{"code":403,"message":"not yours","temporary":true}})");
  CHECK(error.denial && !error.allowed() && !error.given);
  CHECK_EQ(error.denial->code, 403u);
  CHECK_EQ(error.denial->message, "not yours");
  CHECK(error.denial->temporary && !error.denial->disconnects);
  auto disconnect = read_connect_reply(R"({"disconnect":{"code":4501,"reason":"banned"}})");
  CHECK(disconnect.denial && disconnect.denial->disconnects);
  CHECK_EQ(disconnect.denial->code, 4501u);
  CHECK_EQ(disconnect.denial->message, "banned");
  // The stricter one counts.
  auto all = read_rpc_reply(R"({"result":{},"error":{"code":1},"disconnect":{"code":4000}})");
  CHECK_EQ(all.denial->code, 4000u);
  auto both = read_rpc_reply(R"({"result":{},"error":{"code":1},"disconnect":null})");
  CHECK_EQ(both.denial->code, 1u);
}

TEST(the_reason_of_a_disconnect_fits_a_close_frame) {
  std::string reason(122, 'x');
  auto reply = read_rpc_reply("{\"disconnect\":{\"code\":4000,\"reason\":\"" + reason + "\xc3\xa9\"}}");
  CHECK_EQ(reply.denial->message, reason);
}

TEST(an_empty_reply_is_neither_a_result_nor_a_denial) {
  for (const char* empty : {"{}", R"({"result":null})", R"({"error":null,"disconnect":null,"result":null})"}) {
    auto reply = read_connect_reply(empty);
    CHECK_EQ(reply.problem, "");
    CHECK(!reply.given && !reply.denial);
  }
}

TEST(what_is_not_a_reply_is_a_problem) {
  struct {
    std::string json;
    std::string problem;
  } cases[] = {
      {"", "not a JSON object"},
      {"<html>", "not a JSON object"},
      {"[]", "not a JSON object"},
      {"{\"result\":{}} x", "not a JSON object"},
      {"{\"result\":{\"user\":\"\xff\"}}", "not a JSON object"},
      {"{\"results\":{}}", "neither result nor error nor disconnect in it"},
      {"{\"Error\":{\"code\":403}}", "neither result nor error nor disconnect in it"},
      {"{\"result\":[]}", "result is not an object"},
      {"{\"result\":{\"user\":7}}", "result.user is not a string"},
      {"{\"result\":{\"expire_at\":1.5}}", "result.expire_at is not a whole number of seconds"},
      {"{\"result\":{\"expire_at\":\"1\"}}", "result.expire_at is not a whole number of seconds"},
      {"{\"result\":{\"channels\":\"a\"}}", "result.channels is not an array of strings"},
      {"{\"result\":{\"channels\":[1]}}", "result.channels is not an array of strings"},
      {"{\"result\":{\"subs\":[]}}", "result.subs is not an object"},
      {"{\"result\":{\"subs\":{\"a\":1}}}", "result.subs is not an object of objects"},
      {"{\"result\":{\"subs\":{\"a\":{\"override\":{\"presence\":true}}}}}",
       "result.subs.override.presence is not an object"},
      {"{\"error\":{}}", "error.code is missing or 0, expected the code of an error"},
      {"{\"error\":\"no\"}", "error is not an object"},
      {"{\"error\":{\"code\":-1}}", "error.code is not a whole number up to 4294967295"},
      {"{\"disconnect\":{\"code\":1000}}", "disconnect.code is not 3000 to 4999, so no client can be told"},
      {"{\"disconnect\":{\"code\":5000}}", "disconnect.code is not a whole number up to 4999"},
  };
  for (const auto& one : cases) {
    auto reply = read_connect_reply(one.json);
    CHECK_EQ(reply.problem, one.problem);
    CHECK(!reply.allowed() && !reply.given && !reply.denial);
    CHECK_EQ(reply.result.user, "");
  }
  CHECK_EQ(read_publish_reply(R"({"result":{"tags":{"a":1}}})").problem, "result.tags is not an object of strings");
  CHECK_EQ(read_publish_reply(R"({"result":{"version":-1}})").problem,
           "result.version is not a whole number up to 18446744073709551615");
  CHECK_EQ(read_publish_reply(R"({"result":{"skip_history":1}})").problem,
           "result.skip_history is neither true nor false");
}

TEST(a_time_before_1970_means_never) {
  CHECK_EQ(read_refresh_reply(R"({"result":{"expire_at":-5}})").result.expires_at, 0);
}
