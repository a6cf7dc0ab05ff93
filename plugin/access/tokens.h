#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/deferred.h"

// What a client's token says, and the interface of who checks it. The tokens are Centrifugo's: JSON Web Tokens (RFC
// 7519) with claims of its own.
namespace lws_chat {

// What a token or a back end changes of a room's settings, for one subscription. Absent: the room's own setting.
struct SubscriptionOverride {
  std::optional<bool> presence;
  std::optional<bool> join_leave;
  std::optional<bool> force_push_join_leave;
  std::optional<bool> force_recovery;
  std::optional<bool> force_positioning;
};

// A room that a client is put into by its connection token or by a back end. Its info and data are JSON texts; empty:
// none.
struct ServerSubscription {
  std::string room;
  std::string info;
  std::string data;
  SubscriptionOverride override;
  int64_t expires_at = 0;  // Unix seconds; 0: never
};

// A token of a connection. Info and meta are JSON texts; empty: none.
struct ConnectionClaims {
  std::string user;  // sub; empty: anonymous
  std::string info;
  std::string meta;
  int64_t expires_at = 0;  // Unix seconds, of the connection; 0: never. It may be past already (expire_at)
  std::vector<ServerSubscription> subscriptions;
  std::string id;         // jti
  int64_t issued_at = 0;  // iat, Unix seconds; 0: not said
};

// A token of a subscription. Its user must be the connection's; its client too, if it names one.
struct SubscriptionClaims {
  std::string user;
  std::string room;  // never empty
  std::string client;
  std::string info;
  std::string data;
  SubscriptionOverride override;
  int64_t expires_at = 0;  // Unix seconds, of the subscription; 0: never
  std::string id;
  int64_t issued_at = 0;
};

enum class [[nodiscard]] TokenVerdict : uint8_t{
    kValid,
    kExpired,     // exp is past, or nbf is to come
    kInvalid,     // everything else
    kUnknownKey,  // its kid is not in the key set that we have now; it may be there later
};

inline constexpr unsigned kTokenVerdictCount = static_cast<unsigned>(TokenVerdict::kUnknownKey) + 1;

// "valid", "unknown_key" and so on, as in metrics.
std::string_view name_of(TokenVerdict verdict);

template <typename Claims>
struct TokenCheck {
  TokenVerdict verdict = TokenVerdict::kInvalid;
  std::string reason;    // for the log: no part of the token or of a key is in it. Empty: valid
  Claims claims;         // only if the token is valid
  bool genuine = false;  // its signature is right, also if its claims are not
};

// What has become of the keys after a token named one that is not there.
enum class KeysAre : uint8_t {
  kNew,          // fetched since: the token should be checked again
  kSame,         // as before, and there are no others: the token is invalid
  kUnreachable,  // not to be had now, but perhaps later
};

class Tokens {
 public:
  virtual ~Tokens() = default;

  // Fetches the keys again, if they come from elsewhere.
  virtual Deferred<KeysAre> fetch_keys() { return KeysAre::kSame; }

  virtual TokenCheck<ConnectionClaims> check_connection(std::string_view token, int64_t unix_seconds) = 0;
  virtual TokenCheck<SubscriptionClaims> check_subscription(std::string_view token, int64_t unix_seconds) = 0;
};

}  // namespace lws_chat
