#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "access/tokens.h"

namespace lws_chat {

// The longest user, id of a token and info of a client, in bytes.
inline constexpr size_t kMaxUser = 1024;
inline constexpr size_t kMaxTokenId = 255;
inline constexpr size_t kMaxInfo = size_t{16} * 1024;

// Who a client is, as its token or the back end says. Info, data and meta are JSON texts; empty: none. Times are Unix
// seconds.
struct Guest {
  std::string user;        // empty: anonymous
  std::string info;        // for the others in its rooms
  std::string data;        // for the client itself
  std::string meta;        // for the back end's own use
  int64_t expires_at = 0;  // of the connection; 0: never
  std::vector<ServerSubscription> rooms;
  bool by_token = false;        // else a back end speaks for the client
  std::string token_id;         // jti; empty: none
  int64_t token_issued_at = 0;  // iat; 0: not said
};

// nullptr: the client is anonymous, and nobody has spoken for it.
using GuestPtr = std::shared_ptr<const Guest>;

// A subscription token or a back end lets a client into a room.
struct Invitation {
  std::string info;  // for the others in the room
  std::string data;  // for the client itself
  SubscriptionOverride override;
  int64_t expires_at = 0;  // of the subscription, Unix seconds; 0: never
  bool by_server = false;  // the server chose the room, not the client
  bool by_token = false;   // else a back end speaks for the client
  std::string token_id;    // jti; empty: none
  int64_t token_issued_at = 0;
};

// nullptr: nobody has invited the client; the rules of the room decide.
using InvitationPtr = std::shared_ptr<const Invitation>;

}  // namespace lws_chat
