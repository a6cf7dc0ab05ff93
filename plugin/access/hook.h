#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/tokens.h"
#include "core/deferred.h"

// Questions to a back end about clients, and its answers: Centrifugo's proxies, centrifugal.dev/docs/server/proxy. The
// back end answers with a result, or it denies with an error or a disconnect.
namespace lws_chat {

enum class HookKind : uint8_t { kConnect, kRefresh, kSubscribe, kPublish, kSubRefresh, kRpc };

inline constexpr unsigned kHookKindCount = static_cast<unsigned>(HookKind::kRpc) + 1;

// "connect", "sub_refresh" and so on, as in metrics and logs.
std::string_view name_of(HookKind kind);

// Fields of an HTTP request: names in lower case, and values.
using HookHeaders = std::vector<std::pair<std::string, std::string>>;

// The client that a question is about. The views of a question have to stay only until Hooks has returned. `meta` and
// `data` are JSON texts; empty: none.
struct HookClient {
  std::string_view client;                   // its id
  std::string_view transport = "websocket";  // or "sse" and others
  std::string_view protocol = "json";        // of its dialect
  std::string_view user{};                   // empty: anonymous, or not known before connect
  std::string_view meta{};                   // what the back end said at connect or refresh, for its own use
  const HookHeaders* headers = nullptr;      // of the client's request; those in hook-headers are forwarded
  const HookHeaders* emulated = nullptr;     // that the client has sent in connect; those in hook-emulated-headers are
};

struct ConnectQuestion {
  HookClient about;
  std::string_view data{};
  std::string_view name{};                          // of the client's software
  std::string_view version{};                       // of the client's software
  const std::vector<std::string>* rooms = nullptr;  // that the client asks for; nullptr: none
};

struct RefreshQuestion {
  HookClient about;
};

struct SubscribeQuestion {
  HookClient about;
  std::string_view room;
  std::string_view token{};
  std::string_view data{};
};

struct PublishQuestion {
  HookClient about;
  std::string_view room;
  std::string_view data{};
  std::string_view b64data{};  // what is published instead of JSON, in base64
};

struct SubRefreshQuestion {
  HookClient about;
  std::string_view room;
};

struct RpcQuestion {
  HookClient about;
  std::string_view method;
  std::string_view data{};
};

// In the results, `info`, `data`, `meta` and `tags` are JSON texts; empty: none. Times are Unix seconds; 0: never.

struct ConnectResult {
  std::string user;  // empty: anonymous
  std::string info;
  std::string data;
  std::string meta;
  int64_t expires_at = 0;
  std::vector<ServerSubscription> subscriptions;  // `channels` and `subs`; each room once
};

// Also the result of a sub_refresh, which has no meta.
struct RefreshResult {
  bool expired = false;  // the connection or subscription ends
  int64_t expires_at = 0;
  std::string info;
  std::string meta;
};
using SubRefreshResult = RefreshResult;

struct SubscribeResult {
  std::string info;
  std::string data;
  SubscriptionOverride override;
  int64_t expires_at = 0;
};

struct PublishResult {
  std::string data;  // replaces the client's; empty: does not
  std::string tags;  // an object of strings
  bool skip_history = false;
  uint64_t version = 0;       // as of a message, 0: none
  std::string version_epoch;  // within which versions can be compared
};

struct RpcResult {
  std::string data;
};

// The back end says no.
struct HookDenial {
  uint32_t code = 0;       // of an error: 1 and above; of a disconnect: 3000 to 4999
  std::string message;     // of a disconnect: at most 123 bytes, RFC 6455 section 5.5
  bool temporary = false;  // of an error
  bool disconnects = false;
};

template <typename Result>
struct HookReply {
  // There is no answer: the back end is slow or down, or its reply makes no sense. The client may try again later
  // (error 100, temporary). For the log only. Empty: there is an answer.
  std::string problem{};
  std::optional<HookDenial> denial{};
  // False: there is a denial, or the reply was {}. For {} Centrifugo treats a connect as without credentials, and
  // subscribe, publish and rpc as an empty result. A refresh or sub_refresh without a result is expired, also with a
  // denial.
  bool given = false;
  Result result{};

  bool allowed() const { return problem.empty() && !denial; }
};

// Who asks the back end. Everything happens on the loop's thread, and nothing blocks it. A Deferred is always kept,
// unless this is destroyed before.
class Hooks {
 public:
  virtual ~Hooks() = default;

  // Returns true if there is a URL for this kind. Precondition of the question of that kind.
  virtual bool has(HookKind kind) const = 0;

  virtual Deferred<HookReply<ConnectResult>> connect(const ConnectQuestion& question) = 0;
  virtual Deferred<HookReply<RefreshResult>> refresh(const RefreshQuestion& question) = 0;
  virtual Deferred<HookReply<SubscribeResult>> subscribe(const SubscribeQuestion& question) = 0;
  virtual Deferred<HookReply<PublishResult>> publish(const PublishQuestion& question) = 0;
  virtual Deferred<HookReply<SubRefreshResult>> sub_refresh(const SubRefreshQuestion& question) = 0;
  virtual Deferred<HookReply<RpcResult>> rpc(const RpcQuestion& question) = 0;
};

}  // namespace lws_chat
