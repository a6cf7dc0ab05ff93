#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/doorman.h"
#include "core/hub.h"
#include "dialect/arrival.h"
#include "dialect/sessions.h"
#include "dialect/stream_kinds.h"
#include "support/hub_settings.h"

// A doorman's desk for tests: the tokens that it knows, and a back end that answers when the test says so.
namespace lws_chat {

class DeskTokens final : public Tokens {
 public:
  Deferred<KeysAre> fetch_keys() override { return keys; }
  TokenCheck<ConnectionClaims> check_connection(std::string_view token, int64_t) override {
    TokenCheck<ConnectionClaims> check = find(connections, token);
    check.genuine = subscriptions.count(token) > 0;
    return check;
  }
  TokenCheck<SubscriptionClaims> check_subscription(std::string_view token, int64_t) override {
    return find(subscriptions, token);
  }

  std::map<std::string, ConnectionClaims, std::less<>> connections;  // by token
  std::map<std::string, SubscriptionClaims, std::less<>> subscriptions;
  std::map<std::string, TokenVerdict, std::less<>> others;
  KeysAre keys = KeysAre::kUnreachable;  // after an unknown one

 private:
  template <typename Claims>
  TokenCheck<Claims> find(const std::map<std::string, Claims, std::less<>>& known, std::string_view token) const {
    auto found = known.find(token);
    if (found != known.end()) return {TokenVerdict::kValid, "", found->second};
    auto other = others.find(token);
    return {other == others.end() ? TokenVerdict::kInvalid : other->second, "it is not known", {}};
  }
};

// Keeps its promises in the order of the questions of one kind.
template <typename Result>
class LateReplies {
 public:
  bool on = false;  // there is a URL
  size_t waiting() const { return promises_.size(); }
  void allow(const Result& result) { reply({{}, {}, true, result}); }
  void deny(const HookDenial& denial) { reply({{}, denial, false, {}}); }
  void fail() { reply({"it is down", {}, false, {}}); }
  void reply(const HookReply<Result>& reply) {
    Promise<HookReply<Result>> promise = promises_.front();
    promises_.pop_front();
    promise.keep(reply);
  }
  Deferred<HookReply<Result>> ask() {
    promises_.emplace_back();
    return promises_.back().deferred();
  }

 private:
  std::deque<Promise<HookReply<Result>>> promises_;
};

class DeskHooks final : public Hooks {
 public:
  bool has(HookKind kind) const override {
    switch (kind) {
      case HookKind::kConnect: return connects.on;
      case HookKind::kRefresh: return refreshes.on;
      case HookKind::kSubscribe: return subscribes.on;
      case HookKind::kPublish: return publishes.on;
      case HookKind::kSubRefresh: return sub_refreshes.on;
      case HookKind::kRpc: return false;
    }
    return false;
  }
  Deferred<HookReply<ConnectResult>> connect(const ConnectQuestion&) override { return connects.ask(); }
  Deferred<HookReply<RefreshResult>> refresh(const RefreshQuestion&) override { return refreshes.ask(); }
  Deferred<HookReply<SubscribeResult>> subscribe(const SubscribeQuestion& question) override {
    asked_about.emplace_back(question.room);
    return subscribes.ask();
  }
  Deferred<HookReply<PublishResult>> publish(const PublishQuestion& question) override {
    data.emplace_back(question.data);
    return publishes.ask();
  }
  Deferred<HookReply<SubRefreshResult>> sub_refresh(const SubRefreshQuestion&) override { return sub_refreshes.ask(); }
  Deferred<HookReply<RpcResult>> rpc(const RpcQuestion&) override { return rpcs_.ask(); }

  LateReplies<ConnectResult> connects;
  LateReplies<RefreshResult> refreshes;
  LateReplies<SubscribeResult> subscribes;
  LateReplies<PublishResult> publishes;
  LateReplies<SubRefreshResult> sub_refreshes;
  std::vector<std::string> asked_about;  // rooms
  std::vector<std::string> data;         // that clients want to publish

 private:
  LateReplies<RpcResult> rpcs_;
};

// A hub with a desk.
struct Desk {
  explicit Desk(Hub::Settings settings = ample_settings(), Gate* gate = nullptr) {
    Hub::Seams seams;
    seams.gate = gate;
    hub = std::make_unique<Hub>(std::move(settings), stream_kinds(), seams);
  }

  std::unique_ptr<Arrival> arrival(const std::vector<std::string>& rooms, std::string token = {},
                                   int64_t unix_seconds = 1'700'000'000) {
    Pass pass;
    pass.client = hub->next_id();
    for (const std::string& room : rooms) pass.rooms.push_back({room});
    return std::make_unique<Arrival>(Arrival::Place{*hub, sessions, doorman}, std::move(token), std::move(pass),
                                     unix_seconds);
  }

  DeskTokens tokens;
  DeskHooks hooks;
  Revocations revocations;
  Doorman doorman{{&tokens, &hooks, &revocations}, true};
  Sessions sessions;
  std::unique_ptr<Hub> hub;
};

}  // namespace lws_chat
