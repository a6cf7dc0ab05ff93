#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "access/hook.h"
#include "access/tokens.h"

// What a Doorman works with, as the test says.
namespace lws_chat {

// Tokens are names; one that is not listed is invalid.
struct ScriptedTokens final : Tokens {
  std::map<std::string, TokenCheck<ConnectionClaims>, std::less<>> connections;
  std::map<std::string, TokenCheck<SubscriptionClaims>, std::less<>> subscriptions;
  bool late = false;  // fetches are kept by the test
  std::deque<Promise<KeysAre>> fetches;

  Deferred<KeysAre> fetch_keys() override {
    if (!late) return KeysAre::kSame;
    fetches.emplace_back();
    return fetches.back().deferred();
  }
  TokenCheck<ConnectionClaims> check_connection(std::string_view token, int64_t) override {
    auto found = connections.find(token);
    return found == connections.end() ? TokenCheck<ConnectionClaims>{} : found->second;
  }
  TokenCheck<SubscriptionClaims> check_subscription(std::string_view token, int64_t) override {
    auto found = subscriptions.find(token);
    return found == subscriptions.end() ? TokenCheck<SubscriptionClaims>{} : found->second;
  }
};

// Answers at once, or with `late` when the test calls answer().
struct ScriptedHooks final : Hooks {
  std::set<HookKind> kinds{HookKind::kConnect, HookKind::kRefresh,    HookKind::kSubscribe,
                           HookKind::kPublish, HookKind::kSubRefresh, HookKind::kRpc};
  HookReply<ConnectResult> connects{{}, {}, true, {}};
  HookReply<RefreshResult> refreshes{{}, {}, true, {}};
  HookReply<SubscribeResult> subscribes{{}, {}, true, {}};
  HookReply<PublishResult> publishes{{}, {}, true, {}};
  HookReply<RpcResult> rpcs{{}, {}, true, {}};
  bool late = false;
  int asked = 0;
  HookHeaders emulated;  // of the last connect
  std::deque<std::function<void()>> waiting;

  // Answers the first question that waits, with what the reply is now.
  void answer() {
    auto first = std::move(waiting.front());
    waiting.pop_front();
    first();
  }

  bool has(HookKind kind) const override { return kinds.count(kind) > 0; }
  Deferred<HookReply<ConnectResult>> connect(const ConnectQuestion& question) override {
    if (question.about.emulated) emulated = *question.about.emulated;
    return give(connects);
  }
  Deferred<HookReply<RefreshResult>> refresh(const RefreshQuestion&) override { return give(refreshes); }
  Deferred<HookReply<SubscribeResult>> subscribe(const SubscribeQuestion&) override { return give(subscribes); }
  Deferred<HookReply<PublishResult>> publish(const PublishQuestion&) override { return give(publishes); }
  Deferred<HookReply<SubRefreshResult>> sub_refresh(const SubRefreshQuestion&) override { return give(refreshes); }
  Deferred<HookReply<RpcResult>> rpc(const RpcQuestion&) override { return give(rpcs); }

 private:
  template <typename Result>
  Deferred<HookReply<Result>> give(const HookReply<Result>& reply) {
    ++asked;
    if (!late) return reply;
    Promise<HookReply<Result>> promise;
    waiting.emplace_back([promise, &reply]() mutable { promise.keep(reply); });
    return promise.deferred();
  }
};

}  // namespace lws_chat
