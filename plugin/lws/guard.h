#pragma once

#include <libwebsockets.h>

#include <atomic>
#include <exception>
#include <utility>

namespace lws_chat {

// Logs that something failed and why, at most ten times a second.
inline void note_exception(const char* what, const char* why) noexcept {
  constexpr unsigned kMost = 10;
  // Shared by all threads of the process.
  static std::atomic<lws_usec_t> since{0};
  static std::atomic<unsigned> count{0};
  lws_usec_t now = lws_now_usecs();
  if (now - since.load() >= LWS_US_PER_SEC) {
    since = now;
    unsigned left_out = count.exchange(0);
    if (left_out > kMost) lwsl_err("lws-chat: left out %u lines about exceptions\n", left_out - kMost);
  }
  if (++count <= kMost) lwsl_err("lws-chat: %s failed: %s\n", what, why);
}

// Runs work that C code calls or that must not fail. No exception comes out of it; the log says what failed. Returns
// false if there was one.
template <typename Work>
bool guarded(const char* what, Work&& work) noexcept {
  try {
    std::forward<Work>(work)();
    return true;
  } catch (const std::exception& error) {
    note_exception(what, error.what());
  } catch (...) {
    note_exception(what, "unknown exception");
  }
  return false;
}

// The same for work with a result. Returns `otherwise` if the work fails.
template <typename Result, typename Work>
Result guarded(const char* what, Result otherwise, Work&& work) noexcept {
  guarded(what, [&] { otherwise = std::forward<Work>(work)(); });
  return otherwise;
}

}  // namespace lws_chat
