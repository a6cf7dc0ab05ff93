#include "lws/vhost/peer_address.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

sockaddr_storage the_peer;
socklen_t the_size = 0;

// An address whose connection came from `text`; empty: from a Unix socket.
PeerAddress peer(const char* text) {
  the_peer = {};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&the_peer);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&the_peer);
  the_peer.ss_family = AF_UNIX;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
    the_peer.ss_family = AF_INET;
  else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
    the_peer.ss_family = AF_INET6;
  the_size = sizeof the_peer;
  return PeerAddress(0);
}

}  // namespace

// Instead of the system's.
extern "C" int getpeername(int, sockaddr* address, socklen_t* size) noexcept {
  if (the_size == 0) return -1;
  std::memcpy(address, &the_peer, sizeof the_peer);
  *size = the_size;
  return 0;
}

TEST(an_address_is_written_as_it_is_usual) {
  CHECK_EQ(peer("192.0.2.1").text(), std::string("192.0.2.1"));
  CHECK_EQ(peer("2001:db8::1").text(), std::string("2001:db8::1"));
  CHECK_EQ(peer("::ffff:192.0.2.1").text(), std::string("192.0.2.1"));
  CHECK(peer("::ffff:192.0.2.1") == peer("192.0.2.1"));
}

TEST(a_unix_socket_and_a_peer_that_is_gone_have_no_address) {
  for (int i = 0; i < 2; ++i) {
    PeerAddress one = peer("");
    if (i == 1) the_size = 0;
    if (i == 1) one = PeerAddress(0);
    CHECK_EQ(one.text(), std::string("unknown address"));
    CHECK(one.address() == nullptr);
    CHECK_EQ(one.origin(), kNobody);
  }
}

TEST(peers_of_one_ipv4_address_or_one_network_of_64_bits_share_their_origin) {
  CHECK_EQ(peer("192.0.2.1").origin(), peer("::ffff:192.0.2.1").origin());
  CHECK(peer("192.0.2.1").origin() != peer("192.0.2.2").origin());
  CHECK_EQ(peer("2001:db8:0:1::1").origin(), peer("2001:db8:0:1:2::3").origin());
  CHECK(peer("2001:db8:0:1::1").origin() != peer("2001:db8:0:2::1").origin());
  CHECK(peer("::1").origin() != kNobody);
}

TEST(an_address_is_looked_up_in_ranges) {
  AddressRange range;
  CHECK(read_address_range("192.0.2.0/24", range));
  CHECK(peer("192.0.2.77").is_in({range}));
  CHECK(!peer("192.0.3.1").is_in({range}));
  CHECK(!peer("").is_in({range}));
  CHECK(!peer("192.0.2.77").is_in({}));
}
