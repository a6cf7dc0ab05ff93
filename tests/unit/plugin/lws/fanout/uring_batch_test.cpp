#include "lws/fanout/uring_batch.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "support/broken_ring.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// Both ends of a connection, and what the batch says of its bytes.
struct Peer final : UringBatch::Sender {
  Peer() { CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0); }
  ~Peer() {
    for (int end : ends) close(end);
  }
  void batch_sent(std::string_view bytes, int result) override {
    told = std::string(bytes);
    sent = result;
    ++times;
  }
  std::string received() const {
    std::string text(1024, '\0');
    ssize_t size = recv(ends[1], text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
  }
  int ends[2] = {-1, -1};
  std::string told;
  int sent = 0;
  int times = 0;
};

std::unique_ptr<UringBatch> batch() {
  std::unique_ptr<UringBatch> made = UringBatch::make();
  if (!made) std::puts("not tested: io_uring is not available");
  return made;
}

}  // namespace

TEST(each_sender_is_told_once_how_much_has_left) {
  auto all = batch();
  if (!all) return;
  std::deque<Peer> peers(5);
  std::vector<std::string> texts;
  for (size_t i = 0; i < peers.size(); ++i) texts.push_back("hello " + std::to_string(i));
  for (size_t i = 0; i < peers.size(); ++i) all->add(peers[i], peers[i].ends[0], texts[i]);
  CHECK(all->complete());
  for (size_t i = 0; i < peers.size(); ++i) {
    CHECK_EQ(peers[i].times, 1);
    CHECK_EQ(peers[i].told, texts[i]);
    CHECK_EQ(peers[i].sent, static_cast<int>(texts[i].size()));
    CHECK_EQ(peers[i].received(), texts[i]);
  }
  CHECK(all->complete());
  CHECK_EQ(peers[0].times, 1);
}

TEST(a_socket_that_fails_costs_the_others_nothing) {
  auto all = batch();
  if (!all) return;
  std::deque<Peer> peers(3);
  close(peers[1].ends[1]);
  peers[1].ends[1] = -1;
  for (Peer& peer : peers) all->add(peer, peer.ends[0], "hello");
  CHECK(all->complete());
  CHECK_EQ(peers[0].received(), std::string("hello"));
  CHECK_EQ(peers[1].sent, -EPIPE);
  CHECK_EQ(peers[2].received(), std::string("hello"));
}

TEST(a_full_socket_is_not_waited_for) {
  auto all = batch();
  if (!all) return;
  Peer peer;
  std::string much(1 << 20, 'x');
  while (send(peer.ends[0], much.data(), much.size(), MSG_DONTWAIT) > 0) continue;
  all->add(peer, peer.ends[0], "more");
  CHECK(all->complete());
  CHECK_EQ(peer.sent, -EAGAIN);
}

TEST(a_full_batch_goes_out_in_one_piece) {
  auto all = batch();
  if (!all) return;
  std::deque<Peer> peers(8);
  size_t added = 0;
  for (; !all->full(); ++added) all->add(peers[added % peers.size()], peers[added % peers.size()].ends[0], "x");
  CHECK_EQ(added, UringBatch::kCapacity);
  CHECK(all->complete());
  CHECK(!all->full());
  size_t told = 0;
  for (const Peer& peer : peers) told += static_cast<size_t>(peer.times);
  CHECK_EQ(told, added);
}

#if defined(LWS_CHAT_WITH_URING)

TEST(a_ring_that_fails_half_way_tells_what_has_left_and_what_has_not) {
  auto all = batch();
  if (!all) return;
  std::deque<Peer> peers(6);
  for (Peer& peer : peers) all->add(peer, peer.ends[0], "hello");
  unit::break_ring(unit::Break::kSubmit);
  CHECK(!all->complete());
  for (size_t i = 0; i < peers.size(); ++i) {
    CHECK_EQ(peers[i].times, 1);
    CHECK_EQ(peers[i].sent, i < 3 ? 5 : -EAGAIN);
    CHECK_EQ(peers[i].received(), std::string(i < 3 ? "hello" : ""));
  }
  all.reset();
  for (size_t i = 3; i < peers.size(); ++i) CHECK_EQ(peers[i].received(), std::string());
  unit::break_ring(unit::Break::kNothing);
}

// An old kernel, or a sandbox, may know io_uring but not this use of it.
TEST(an_entry_that_the_ring_refuses_counts_as_not_sent_and_the_others_leave) {
  auto all = batch();
  if (!all) return;
  std::deque<Peer> peers(6);
  for (Peer& peer : peers) all->add(peer, peer.ends[0], "hello");
  unit::break_ring(unit::Break::kEntry);
  CHECK(!all->complete());
  for (size_t i = 0; i < peers.size(); ++i) {
    CHECK_EQ(peers[i].times, 1);
    CHECK_EQ(peers[i].sent, i == 3 ? -EAGAIN : 5);
    CHECK_EQ(peers[i].received(), std::string(i == 3 ? "" : "hello"));
  }
}

#endif
