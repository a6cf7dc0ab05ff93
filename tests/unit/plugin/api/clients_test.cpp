#include <memory>
#include <string>

#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_back_end_puts_all_connections_of_a_user_into_a_room) {
  ServerApiFixture f;
  auto first = f.peer();
  auto second = f.peer();
  auto other = f.peer();
  f.connect(*first, R"({"user":"ann"})");
  f.connect(*second, R"({"user":"ann","n":2})");
  f.connect(*other, R"({"user":"ben"})");
  CHECK_EQ(f.call("subscribe", R"({"user":"ann","channel":"room","data":{"d":1}})"), R"({"result":{}})");
  for (SessionPeer* peer : {first.get(), second.get()}) {
    std::string push = f.heard_one(*peer);
    CHECK(has(push, R"({"push":{"channel":"room","subscribe":{)") && has(push, R"("data":{"d":1})"));
  }
  CHECK_EQ(f.heard(*other).size(), 0u);
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 2u);
}

TEST(a_room_is_checked_before_anybody_is_put_into_it) {
  ServerApiFixture f;
  CHECK_EQ(f.error("subscribe", R"({"user":"ann"})"), 107);
  CHECK_EQ(f.error("subscribe", R"({"user":"ann","channel":""})"), 107);
  CHECK_EQ(f.error("subscribe", R"({"user":"ann","channel":"room","expire_at":1})"), 107);
  CHECK_EQ(f.error("subscribe", R"({"user":"ann","channel":"room","recover_since":1})"), 107);
  CHECK_EQ(f.call("subscribe", R"({"user":"nobody","channel":"room"})"), R"({"result":{}})");
}

TEST(a_client_that_is_in_too_many_rooms_is_told_to_the_back_end) {
  ServerApiFixture f;
  f.options.max_subscriptions = 1;
  auto peer = f.peer();
  f.connect_and_subscribe(*peer, R"({"user":"ann"})");
  CHECK_EQ(f.error("subscribe", R"({"user":"ann","channel":"other"})"), 106);
}

TEST(a_back_end_says_when_a_connection_expires) {
  ServerApiFixture f;
  auto peer = f.peer();
  f.connect(*peer, R"({"user":"ann"})");
  CHECK_EQ(f.call("refresh", R"({"user":"ann","expire_at":1700000060})"), R"({"result":{}})");
  CHECK_EQ(f.heard_one(*peer), R"({"push":{"refresh":{"expires":true,"ttl":60}}})");
  CHECK_EQ(f.call("refresh", R"({"user":"ann"})"), R"({"result":{}})");
  CHECK_EQ(f.heard_one(*peer), R"({"push":{"refresh":{}}})");
  CHECK(!peer->why);
  CHECK_EQ(f.call("refresh", R"({"user":"ann","expired":true})"), R"({"result":{}})");
  CHECK(peer->why == Status::kExpired);
}
