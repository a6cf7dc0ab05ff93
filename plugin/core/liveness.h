#pragma once

#include "core/log/message.h"

namespace lws_chat {

// Finds peers that vanished. A peer that has been silent for `interval` is pinged; if it stays silent for `timeout`
// after that, it is gone. Both delays are the same for all peers, so that two lists in the order of time are enough,
// and hearing from a peer costs a few pointer writes.
class Liveness {
 public:
  struct Peer {
    Peer* previous = nullptr;
    Peer* next = nullptr;
    Time since = 0;  // when it was last heard or, if `pinged`, when it was pinged
    bool pinged = false;
    bool listed = false;
  };

  // Microseconds; interval 0 watches nobody.
  Liveness(Time interval, Time timeout) : interval_(interval), timeout_(timeout) {}

  // Adds a peer, or notes that it was heard.
  void heard(Peer& peer, Time now);
  void remove(Peer& peer);

  // Returns a peer that has to be pinged now, and counts it as pinged; nullptr: there is none.
  Peer* next_silent(Time now);

  // Returns a peer whose time is up, and stops watching it; nullptr: there is none.
  Peer* next_gone(Time now);

  // When next_silent() or next_gone() may have something; -1 when nobody is watched.
  Time due() const;

 private:
  struct List {
    Peer* first = nullptr;
    Peer* last = nullptr;
  };

  void append(Peer& peer, bool pinged, Time now);

  Time interval_;
  Time timeout_;
  List quiet_;
  List pinged_;
};

}  // namespace lws_chat
