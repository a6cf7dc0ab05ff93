#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/hook.h"
#include "access/hook_counters.h"
#include "access/hook_settings.h"
#include "core/log_budget.h"
#include "hooks/http_caller.h"

namespace lws_chat {

// Asks back ends over HTTP, with Centrifugo's JSON.
class BackEndHooks : public Hooks {
 public:
  // `wake` is called from another thread when deliver() should be called. `log` gets one line a second at most.
  BackEndHooks(const HookSettings& settings, std::function<void()> wake, std::function<void(const std::string&)> log);

  // Reads the file of static headers; call this before the first question, and again when the file may have changed.
  // Returns what is wrong with it. Then the old headers stay.
  [[nodiscard]] std::string load();

  // On the loop's thread: answers the questions whose replies have come.
  void deliver() { caller_.deliver(); }

  bool has(HookKind kind) const override { return !settings_.url(kind).empty(); }
  Deferred<HookReply<ConnectResult>> connect(const ConnectQuestion& question) override;
  Deferred<HookReply<RefreshResult>> refresh(const RefreshQuestion& question) override;
  Deferred<HookReply<SubscribeResult>> subscribe(const SubscribeQuestion& question) override;
  Deferred<HookReply<PublishResult>> publish(const PublishQuestion& question) override;
  Deferred<HookReply<SubRefreshResult>> sub_refresh(const SubRefreshQuestion& question) override;
  Deferred<HookReply<RpcResult>> rpc(const RpcQuestion& question) override;

  const HookCounters& counters(HookKind kind) const { return counters_[static_cast<unsigned>(kind)]; }

  // Questions and other calls without an answer.
  size_t waiting() const { return caller_.waiting(); }

 private:
  template <typename Result>
  using Reader = HookReply<Result> (*)(std::string_view json);

  // Sends the question, and reads the reply.
  template <typename Result>
  Deferred<HookReply<Result>> ask(HookKind kind, const HookClient& about, std::string json, Reader<Result> read);

  template <typename Result>
  HookReply<Result> judge(HookKind kind, const HttpReply& http, Reader<Result> read);

  std::vector<std::string> headers_for(const HookClient& about) const;
  void count(HookKind kind, HookOutcome outcome, Time took);
  void complain(HookKind kind, const std::string& problem);

  const HookSettings settings_;
  HookHeaders static_headers_;
  std::function<void(const std::string&)> log_;
  LogBudget log_budget_{1};
  std::array<HookCounters, kHookKindCount> counters_{};
  HttpCaller caller_;
};

}  // namespace lws_chat
