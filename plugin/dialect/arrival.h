#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/doorman.h"
#include "core/deferred.h"
#include "core/gate.h"
#include "dialect/expiry.h"

namespace lws_chat {

class Hub;
class Sessions;

// Returns the invitation to a room that the server chooses for the client.
InvitationPtr invitation_of(const ServerSubscription& subscription);

// What lets a client in whose request already names its rooms: a text client or an event stream.
struct Pass {
  struct Room {
    std::string name;
    InvitationPtr invitation{};  // nullptr: the rules of the room decide
    Expiry expiry{};             // of the membership
  };

  std::string client;          // its id
  std::string_view transport;  // for back ends: "websocket" or "sse"
  std::string_view protocol;   // for back ends: the name of the dialect
  std::unique_ptr<const HookHeaders> headers;
  std::vector<Room> rooms;
  GuestPtr guest{};  // nullptr: anonymous

  HookClient about() const;
  std::string_view user() const { return guest ? std::string_view(guest->user) : std::string_view(); }

  // What speaks for the client in the room of that number.
  Grant grant(size_t room, bool member) const;

  // About the bytes that it holds.
  size_t bytes() const;
};

// A client on its way in. Asks who it is and whether it may join its rooms: token, back end and rules.
class Arrival {
 public:
  // The services that a client arrives at.
  struct Place {
    Hub& hub;
    Sessions& sessions;
    Doorman& doorman;
  };

  // `token` is of a connection, or of a subscription for one of the rooms; empty: none. `pass` has everything that the
  // request says.
  Arrival(const Place& place, std::string token, Pass pass, int64_t unix_seconds);
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  // Returns true if a token or a back end has a say about the client. If not, the rules of the rooms are all there is,
  // and the pass is of no use later.
  bool needs_pass() const { return needs_pass_; }

  // Asks, once. Returns true if the answer is there. If not, `later` is called when it comes, unless this is destroyed
  // before. `later` may not throw, and may destroy this.
  [[nodiscard]] bool ask(std::function<void()> later);

  // After the answer: why the client may not come.
  const std::optional<Denial>& denial() const { return denial_; }

  const Place& place() const { return place_; }
  const Pass& pass() const { return pass_; }
  Pass take_pass() { return std::move(pass_); }

 private:
  bool asks_somebody() const;
  template <typename T, typename Act>
  void when(Deferred<T> answer, Act act);
  void admitted(const Outcome<GuestPtr>& outcome);
  void next_room();
  void invited(const Outcome<InvitationPtr>& outcome);
  void judge_join();
  void deny(Denial denial);

  Place place_;
  std::string token_;
  Pass pass_;
  int64_t today_;
  bool needs_pass_;
  size_t next_ = 0;  // the room that is asked about
  bool answered_ = false;
  std::optional<Denial> denial_;
  std::function<void()> later_;
  Lifetime lifetime_;
};

}  // namespace lws_chat
