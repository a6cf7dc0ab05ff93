// A back end asks about rooms and about the server.
#include "api/server_api.h"
#include "dialect/client_info.h"
#include "support/hub_calls.h"
#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = ServerApiFixture::kSecond;
using Fixture = ServerApiFixture;

}  // namespace

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

TEST(a_position_of_another_epoch_gets_112) {
  Fixture f;
  for (int i = 1; i <= 7; ++i) f.call("publish", R"({"channel":"room","data":1})");
  CHECK_EQ(f.error("history", R"({"channel":"room","limit":1,"since":{"offset":5,"epoch":"other"}})"), 112);
  CHECK_EQ(f.answer.status, 200u);
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

namespace {

// A reader that counts queries for its identity.
struct Asked final : Client {
  explicit Asked(unsigned number) : Client(kTextKind) {
    identity_ = make_identity("c" + std::to_string(number), "u" + std::to_string(number % 7), {});
  }
  bool ready() override { return true; }
  size_t write(std::string_view frames) override { return frames.size(); }
  void dismissed(Ending, Time) override {}
  IdentityPtr identity() override {
    ++asked;
    return identity_;
  }
  unsigned asked = 0;
};

}  // namespace

TEST(the_members_of_a_room_are_collected_once_until_somebody_joins_or_leaves) {
  Fixture f;
  std::vector<std::unique_ptr<Asked>> members;
  for (unsigned i = 0; i < 50; ++i) {
    members.push_back(std::make_unique<Asked>(i));
    CHECK(join(f.hub, *members.back(), "room", 0, f.now) == Status::kOk);
  }
  auto asked = [&] { return std::exchange(members[0]->asked, 0); };
  (void)asked();
  std::string list = f.call("presence", R"({"channel":"room"})");
  CHECK(list.find("\"c49\"") != std::string::npos);
  CHECK_EQ(f.call("presence_stats", R"({"channel":"room"})"), R"({"result":{"num_clients":50,"num_users":7}})");
  CHECK_EQ(asked(), 2u);
  size_t bytes = f.hub.memory().in_use();
  CHECK(bytes > list.size());
  for (int i = 0; i < 10; ++i) {
    CHECK_EQ(f.call("presence", R"({"channel":"room"})"), list);
    CHECK_EQ(f.call("presence_stats", R"({"channel":"room"})"), R"({"result":{"num_clients":50,"num_users":7}})");
  }
  CHECK_EQ(asked(), 0u);
  f.hub.leave(*members.back(), f.now);
  CHECK(f.call("presence", R"({"channel":"room"})").find("\"c49\"") == std::string::npos);
  CHECK_EQ(asked(), 1u);
  // Without queries for some time, its memory is freed.
  f.now += Presence::kKeepLists;
  CHECK(f.hub.due() <= f.now);
  f.flush();
  CHECK(f.hub.memory().in_use() + list.size() / 2 < bytes);
  for (auto& member : members) f.hub.leave(*member, f.now);
}
