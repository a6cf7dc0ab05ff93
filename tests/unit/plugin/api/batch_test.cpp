#include "api/server_api.h"
#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

using Fixture = ServerApiFixture;

}  // namespace

TEST(batch_runs_commands_in_order_and_answers_each) {
  Fixture f;
  auto reader = f.peer();
  f.connect_and_subscribe(*reader);
  std::string json = f.call("batch", R"({"parallel":true,"commands":[{"publish":{"channel":"room","data":1}},
      {"publish":{"channel":"room"}}, {"presence_stats":{"channel":"none"}}, {"broadcast":{"channels":["room"],"data":2}}]})");
  CHECK_EQ(json, R"({"replies":[{"publish":)" + f.position(1) +
                     R"(},{"error":{"code":107,"message":"bad request: data is missing"}},)" +
                     R"({"presence_stats":{"num_clients":0,"num_users":0}},{"broadcast":{"responses":[{"result":)" +
                     f.position(2) + "}]}}]}");
  CHECK_EQ(f.answer.status, 200u);
  CHECK_EQ(f.heard(*reader).size(), 2u);
}

TEST(an_invalid_command_in_a_batch_is_answered_in_its_place) {
  Fixture f;
  CHECK_EQ(
      f.call("batch",
             R"({"commands":[1,{},{"info":{},"channels":{}},{"nope":{}},{"batch":{}},{"info":[]},{"channels":{}}]})"),
      R"({"replies":[{"error":{"code":107,"message":"bad request: a command must be an object"}},)"
      R"({"error":{"code":107,"message":"bad request: a command must have exactly one method"}},)"
      R"({"error":{"code":107,"message":"bad request: a command must have exactly one method"}},)"
      R"({"error":{"code":104,"message":"method not found: nope"}},)"
      R"({"error":{"code":104,"message":"method not found: batch"}},)"
      R"({"error":{"code":107,"message":"bad request: info must be an object"}},)"
      R"({"channels":{"channels":{}}}]})");
}

TEST(an_empty_batch_has_no_replies) {
  Fixture f;
  CHECK_EQ(f.call("batch", R"({"commands":[]})"), R"({"replies":[]})");
  CHECK_EQ(f.call("batch", "{}"), R"({"replies":[]})");
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
