#include "lws/vhost/waiting.h"

#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "lws/vhost/peer_address.h"

namespace lws_chat::waiting {
namespace {

// An owner of an IPv6 address usually has all addresses that begin with the same 64 bits.
Address network_of(Address address) {
  constexpr std::array<uint8_t, 12> kV4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!std::equal(kV4.begin(), kV4.end(), address.begin())) std::fill(address.begin() + 8, address.end(), uint8_t{0});
  return address;
}

// A connection and its network. A connection that does not count by address has none.
struct Waiting {
  std::optional<Address> network;
  std::list<lws*>::iterator place;  // in the order in which they came
};

struct State {
  std::mutex lock;
  std::unordered_map<lws*, Waiting> waiting;
  std::list<lws*> oldest_first;
  std::map<Address, size_t> from;
  std::optional<Address> arrived_from;
  bool arrived = false;

  void add(lws* wsi, const std::optional<Address>& network) {
    // Steps that can fail come first.
    std::list<lws*> one{wsi};
    size_t* count = network ? &from[*network] : nullptr;
    if (!waiting.try_emplace(wsi, Waiting{network, one.begin()}).second) return;
    oldest_first.splice(oldest_first.end(), one);
    if (count) ++*count;
  }

  void remove(lws* wsi) {
    auto found = waiting.find(wsi);
    if (found == waiting.end()) return;
    if (found->second.network) {
      auto count = from.find(*found->second.network);
      if (--count->second == 0) from.erase(count);
    }
    oldest_first.erase(found->second.place);
    waiting.erase(found);
  }
};

State& state() {
  static State the_state;
  return the_state;
}

}  // namespace

Verdict arrives(int fd, uint64_t most, uint64_t from_address, const std::vector<AddressRange>& exempt) {
  PeerAddress peer(fd);
  State& all = state();
  std::lock_guard<std::mutex> lock(all.lock);
  all.arrived = false;
  all.arrived_from = std::nullopt;
  if (peer.address() && !peer.is_in(exempt)) {
    all.arrived_from = network_of(*peer.address());
    auto count = all.from.find(*all.arrived_from);
    if (from_address > 0 && count != all.from.end() && count->second >= from_address)
      return Verdict::kTooManyFromAddress;
  }
  all.arrived = true;
  if (most == 0 || all.waiting.size() < most) return Verdict::kOk;
  // A client that means well asks at once. So the connection that has waited longest makes room: crowds of silent
  // connections keep nobody out.
  lws* oldest = all.oldest_first.front();
  all.remove(oldest);
  lws_set_timeout(oldest, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
  return Verdict::kOldestDropped;
}

void made(lws* wsi) {
  State& all = state();
  std::lock_guard<std::mutex> lock(all.lock);
  if (!all.arrived) return;
  all.arrived = false;
  all.add(wsi, all.arrived_from);
}

void served(lws* wsi) { gone(wsi); }

void idle(lws* wsi) {
  PeerAddress peer(lws_get_socket_fd(wsi));
  State& all = state();
  std::lock_guard<std::mutex> lock(all.lock);
  all.add(wsi, peer.address() ? std::optional<Address>(network_of(*peer.address())) : std::nullopt);
}

void gone(lws* wsi) {
  State& all = state();
  std::lock_guard<std::mutex> lock(all.lock);
  all.remove(wsi);
}

size_t count() {
  State& all = state();
  std::lock_guard<std::mutex> lock(all.lock);
  return all.waiting.size();
}

}  // namespace lws_chat::waiting
