#include "core/liveness.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kInterval = 25;
constexpr Time kTimeout = 10;

}  // namespace

TEST(a_silent_peer_is_pinged_after_the_interval_and_dead_after_the_timeout) {
  Liveness liveness(kInterval, kTimeout);
  Liveness::Peer peer;
  liveness.heard(peer, 100);
  CHECK_EQ(liveness.due(), 125);
  CHECK(!liveness.next_silent(124));
  CHECK(liveness.next_silent(125) == &peer);
  CHECK(!liveness.next_silent(125));
  CHECK_EQ(liveness.due(), 135);
  CHECK(!liveness.next_gone(134));
  CHECK(liveness.next_gone(135) == &peer);
  CHECK_EQ(liveness.due(), -1);
}

TEST(an_answer_starts_the_interval_anew) {
  Liveness liveness(kInterval, kTimeout);
  Liveness::Peer peer;
  liveness.heard(peer, 0);
  CHECK(liveness.next_silent(25) == &peer);
  liveness.heard(peer, 30);
  CHECK(!liveness.next_gone(1000));
  CHECK_EQ(liveness.due(), 55);
  liveness.remove(peer);
}

TEST(peers_are_due_in_the_order_of_their_silence) {
  Liveness liveness(kInterval, kTimeout);
  Liveness::Peer a, b, c;
  liveness.heard(a, 0);
  liveness.heard(b, 1);
  liveness.heard(c, 2);
  liveness.heard(a, 3);
  CHECK(liveness.next_silent(100) == &b);
  CHECK(liveness.next_silent(100) == &c);
  CHECK(liveness.next_silent(100) == &a);
  for (Liveness::Peer* peer : {&a, &b, &c}) liveness.remove(*peer);
  CHECK_EQ(liveness.due(), -1);
}

TEST(a_removed_peer_is_in_no_list) {
  Liveness liveness(kInterval, kTimeout);
  Liveness::Peer a, b;
  liveness.heard(a, 0);
  liveness.heard(b, 0);
  CHECK(liveness.next_silent(25) == &a);
  liveness.remove(a);
  liveness.remove(b);
  liveness.remove(b);
  CHECK(!liveness.next_silent(100));
  CHECK(!liveness.next_gone(100));
}

TEST(interval_zero_watches_no_peer) {
  Liveness liveness(0, kTimeout);
  Liveness::Peer peer;
  liveness.heard(peer, 0);
  CHECK_EQ(liveness.due(), -1);
}
