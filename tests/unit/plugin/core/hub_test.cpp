#include "core/hub.h"

#include <string>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(counters_match_the_events) {
  Fixture f;
  f.join();
  f.join();
  f.publish("abc", 0);
  f.publish("de", 0);
  f.hub.flush(0, kMany);
  const Counters& counters = f.hub.counters();
  CHECK_EQ(counters.of(kPlain).subscriptions, 2u);
  CHECK_EQ(counters.of(kPlain).joins, 2u);
  CHECK_EQ(counters.of(kMember).joins, 0u);
  CHECK_EQ(counters.deliveries, 4u);
  CHECK_EQ(counters.messages_in, 2u);
  CHECK_EQ(counters.bytes_in, 5u);
  CHECK_EQ(counters.bytes_out, 10u);
  CHECK_EQ(counters.writes, 2u);
  CHECK_EQ(counters.flushes, 1u);
}

TEST(members_of_different_rooms_get_no_messages_of_each_other) {
  Fixture f;
  Reader& a = f.join("a");
  Reader& b = f.join("b");
  f.publish("for a", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "for a");
  CHECK_EQ(b.got, "");
}
