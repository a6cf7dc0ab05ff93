#include "dialect/centrifuge/room_query.h"

#include <string>

#include "support/session_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

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
