#include "core/room/membership.h"

#include <string>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(a_dismissed_client_gets_all_earlier_messages_and_no_later_ones) {
  Fixture f;
  Reader& a = f.join();
  Reader& b = f.join();
  f.publish("before", 0);
  f.hub.dismiss_after_head(a, Status::kClosedOnRequest, 0);
  f.publish("after", 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(a.got, "before");
  CHECK(a.why == Status::kClosedOnRequest);
  CHECK_EQ(b.got, "beforeafter");
}

TEST(a_client_dismissed_during_a_flush_gets_the_reason) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.join();
  f.publish("m", 0);
  f.hub.flush(0, 2);
  Reader& served = *static_cast<Reader*>(f.hub.find("room")->members()[0]);
  f.hub.dismiss_after_head(served, Status::kGoingAway, 0);
  f.hub.flush(0, kMany);
  f.hub.flush(kInterval, kMany);
  CHECK(served.why == Status::kGoingAway);
}

TEST(the_first_reason_to_dismiss_a_client_counts) {
  Fixture f;
  Reader& a = f.join();
  f.hub.dismiss_after_head(a, Status::kClosedOnRequest, 0);
  f.hub.dismiss_after_head(a, Status::kGoingAway, 0);
  f.hub.flush(0, kMany);
  CHECK(a.why == Status::kClosedOnRequest);
}
