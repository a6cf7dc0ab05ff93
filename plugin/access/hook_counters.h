#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/histogram.h"

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
  static constexpr std::array<double, 10> kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};
  Histogram<10> seconds{kSeconds};

  uint64_t of(HookOutcome outcome) const { return outcomes[static_cast<unsigned>(outcome)]; }

  void add(const HookCounters& other) {
    for (unsigned i = 0; i < kHookOutcomeCount; ++i) outcomes[i] += other.outcomes[i];
    seconds.add(other.seconds);
  }
};

}  // namespace lws_chat
