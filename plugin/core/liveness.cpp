#include "core/liveness.h"

#include <algorithm>

namespace lws_chat {

void Liveness::heard(Peer& peer, Time now) {
  if (interval_ == 0) return;
  remove(peer);
  append(peer, false, now);
}

void Liveness::remove(Peer& peer) {
  if (!peer.listed) return;
  List& list = peer.pinged ? pinged_ : quiet_;
  (peer.previous ? peer.previous->next : list.first) = peer.next;
  (peer.next ? peer.next->previous : list.last) = peer.previous;
  peer.listed = false;
}

void Liveness::append(Peer& peer, bool pinged, Time now) {
  List& list = pinged ? pinged_ : quiet_;
  peer.previous = list.last;
  peer.next = nullptr;
  peer.since = now;
  peer.pinged = pinged;
  peer.listed = true;
  (list.last ? list.last->next : list.first) = &peer;
  list.last = &peer;
}

Liveness::Peer* Liveness::next_silent(Time now) {
  Peer* peer = quiet_.first;
  if (!peer || peer->since + interval_ > now) return nullptr;
  remove(*peer);
  append(*peer, true, now);
  return peer;
}

Liveness::Peer* Liveness::next_gone(Time now) {
  Peer* peer = pinged_.first;
  if (!peer || peer->since + timeout_ > now) return nullptr;
  remove(*peer);
  return peer;
}

Time Liveness::due() const {
  Time quiet = quiet_.first ? quiet_.first->since + interval_ : -1;
  Time pinged = pinged_.first ? pinged_.first->since + timeout_ : -1;
  if (quiet < 0 || pinged < 0) return std::max(quiet, pinged);
  return std::min(quiet, pinged);
}

}  // namespace lws_chat
