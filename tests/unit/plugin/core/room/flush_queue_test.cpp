#include "core/room/flush_queue.h"

#include <string>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(a_quiet_room_is_due_at_once_and_a_busy_one_after_the_interval) {
  Fixture f(without_history());
  Reader& a = f.join();
  CHECK_EQ(f.hub.due(), Hub::kNever);
  f.publish("1", 10);
  CHECK_EQ(f.hub.due(), 10);
  f.hub.flush(10, kMany);
  CHECK_EQ(f.hub.due(), Hub::kNever);
  f.publish("2", 11);
  CHECK_EQ(f.hub.due(), 10 + kInterval);
  f.hub.flush(11, kMany);
  CHECK_EQ(a.got, "1");
  f.hub.flush(10 + kInterval, kMany);
  CHECK_EQ(a.got, "12");
  f.publish("3", 10 + 5 * kInterval);
  CHECK_EQ(f.hub.due(), 10 + 5 * kInterval);
}

TEST(a_busy_room_with_enough_to_send_is_due_at_once) {
  Fixture f(without_history());
  f.join();
  f.publish("first", 10);
  f.hub.flush(10, kMany);
  for (size_t i = 1; i < FlushQueue::kEnough; ++i) f.publish("more", 11);
  CHECK_EQ(f.hub.due(), 10 + kInterval);
  f.publish("enough", 12);
  CHECK_EQ(f.hub.due(), 12);
  f.hub.flush(12, kMany);
  f.publish("again", 13);
  CHECK_EQ(f.hub.due(), 12 + kInterval);
}

TEST(a_room_is_flushed_even_if_the_hub_gets_an_earlier_time_later) {
  Fixture f;
  Reader& a = f.join();
  f.publish("m", 1007);
  for (int i = 0; i < 17; ++i) f.publish("m", 1000);
  f.hub.flush(1007, kMany);
  CHECK_EQ(a.got, std::string(18, 'm'));
  f.publish("later", 1008);
  f.hub.flush(10000, kMany);
  CHECK_EQ(a.got, std::string(18, 'm') + "later");
}

TEST(the_hub_is_due_with_the_room_that_has_waited_longest) {
  Fixture f(without_history());
  f.join("busy");
  f.publish("1", 0);
  f.hub.flush(0, kMany);
  f.publish("2", 1);
  Reader& other = f.join("quiet");
  lws_chat::publish(f.hub, other, Message{"3"}, 3 * kInterval);
  CHECK_EQ(f.hub.due(), kInterval);
}
