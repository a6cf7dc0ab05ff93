#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/hook.h"
#include "access/hook_settings.h"
#include "core/histogram.h"
#include "core/log_budget.h"
#include "hooks/http_caller.h"

namespace lws_chat {

// How a question to the back end ended.
enum class HookOutcome : uint8_t { kOk, kError, kDisconnect, kFailed, kTimeout, kRefused };

inline constexpr unsigned kHookOutcomeCount = static_cast<unsigned>(HookOutcome::kRefused) + 1;

// "ok", "error" and so on, as in metrics. refused: too many questions waited, so this one was not asked.
std::string_view name_of(HookOutcome outcome);

// Questions of one kind, for the metrics.
struct HookCounters {
  std::array<uint64_t, kHookOutcomeCount> outcomes{};
  // Seconds until the answer, or until there was none. Refused questions do not count.
  Histogram<10> seconds{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}};

  uint64_t of(HookOutcome outcome) const { return outcomes[static_cast<unsigned>(outcome)]; }
};

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

  // For other calls with the same settings, for example of a set of keys.
  HttpCaller& caller() { return caller_; }

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
