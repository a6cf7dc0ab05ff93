#include "lws/vhost/waiting.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::vector<lws*> dropped;

// A connection of this number; nobody looks into it.
lws* wsi(size_t number) { return reinterpret_cast<lws*>(number * 64); }

// Both ends of a TCP connection over IPv4, or of a Unix socket.
class Pair {
 public:
  explicit Pair(int family) {
    if (family == AF_UNIX) {
      int ends[2];
      CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
      client_ = ends[0];
      accepted_ = ends[1];
      return;
    }
    int listener = socket(family, SOCK_STREAM, 0);
    sockaddr_storage address{};
    socklen_t size = sizeof(sockaddr_in);
    address.ss_family = static_cast<sa_family_t>(family);
    reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    CHECK_EQ(listen(listener, 1), 0);
    CHECK_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    client_ = socket(family, SOCK_STREAM, 0);
    CHECK_EQ(connect(client_, reinterpret_cast<sockaddr*>(&address), size), 0);
    accepted_ = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~Pair() {
    close(client_);
    close(accepted_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int fd() const { return accepted_; }

 private:
  int client_ = -1;
  int accepted_ = -1;
};

// The state is that of the process: each test leaves nobody behind.
struct Fixture {
  Fixture() { dropped.clear(); }
  ~Fixture() {
    for (size_t i = 1; i < 20; ++i) waiting::gone(wsi(i));
  }
  waiting::Verdict arrive(size_t number, uint64_t most, uint64_t from_address = 0, int fd = -1) {
    waiting::Verdict verdict = waiting::arrives(fd < 0 ? tcp.fd() : fd, most, from_address, exempt);
    if (verdict != waiting::Verdict::kTooManyFromAddress) waiting::made(wsi(number));
    return verdict;
  }
  Pair tcp{AF_INET};
  std::vector<AddressRange> exempt;
};

}  // namespace

// Instead of lws's own: notes who is to be closed.
extern "C" void lws_set_timeout(lws* one, enum pending_timeout, int) { dropped.push_back(one); }
extern "C" lws_sockfd_type lws_get_socket_fd(lws*) { return -1; }

TEST(above_the_limit_the_connection_that_waited_longest_makes_room) {
  Fixture f;
  CHECK(f.arrive(1, 2) == waiting::Verdict::kOk);
  CHECK(f.arrive(2, 2) == waiting::Verdict::kOk);
  CHECK(f.arrive(3, 2) == waiting::Verdict::kOldestDropped);
  CHECK(dropped == std::vector<lws*>{wsi(1)});
  CHECK_EQ(waiting::count(), 2u);
}

TEST(connections_that_were_served_or_are_gone_do_not_count) {
  Fixture f;
  (void)f.arrive(1, 2);
  (void)f.arrive(2, 2);
  waiting::served(wsi(1));
  waiting::gone(wsi(2));
  CHECK_EQ(waiting::count(), 0u);
  CHECK(f.arrive(3, 2) == waiting::Verdict::kOk);
  waiting::served(wsi(17));
  CHECK_EQ(waiting::count(), 1u);
}

TEST(an_answered_connection_waits_again_behind_all_others) {
  Fixture f;
  (void)f.arrive(1, 2);
  (void)f.arrive(2, 2);
  waiting::served(wsi(1));
  waiting::idle(wsi(1));
  waiting::idle(wsi(1));
  CHECK_EQ(waiting::count(), 2u);
  CHECK(f.arrive(3, 2) == waiting::Verdict::kOldestDropped);
  CHECK(dropped == std::vector<lws*>{wsi(2)});
}

TEST(an_address_may_have_so_many_connections_that_wait) {
  Fixture f;
  CHECK(f.arrive(1, 0, 2) == waiting::Verdict::kOk);
  CHECK(f.arrive(2, 0, 2) == waiting::Verdict::kOk);
  CHECK(f.arrive(3, 0, 2) == waiting::Verdict::kTooManyFromAddress);
  waiting::served(wsi(1));
  CHECK(f.arrive(3, 0, 2) == waiting::Verdict::kOk);
}

TEST(unix_sockets_and_trusted_proxies_do_not_count_by_address) {
  Fixture f;
  Pair local(AF_UNIX);
  for (size_t i = 1; i < 5; ++i) CHECK(f.arrive(i, 0, 1, local.fd()) == waiting::Verdict::kOk);
  AddressRange loopback;
  CHECK(read_address_range("127.0.0.0/8", loopback));
  f.exempt.push_back(loopback);
  for (size_t i = 5; i < 9; ++i) CHECK(f.arrive(i, 0, 1) == waiting::Verdict::kOk);
  CHECK_EQ(waiting::count(), 8u);
}

TEST(connections_that_did_not_arrive_are_not_counted) {
  Fixture f;
  waiting::made(wsi(1));
  CHECK_EQ(waiting::count(), 0u);
  (void)f.arrive(2, 0);
  // lws makes one connection of each that arrived.
  waiting::made(wsi(3));
  CHECK_EQ(waiting::count(), 1u);
}
