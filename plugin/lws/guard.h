#pragma once

#include <libwebsockets.h>

#include <exception>

namespace lws_chat {

// Calls code that may throw where C code waits for its return. The log says what failed ("lws-chat: reload") and why;
// the server goes on. Returns what the call returns, or `otherwise`.
template <typename Result, typename Call>
Result guarded(const char* what, Result otherwise, Call call) noexcept {
  try {
    return call();
  } catch (const std::exception& error) {
    lwsl_err("%s failed: %s\n", what, error.what());
  } catch (...) {
    lwsl_err("%s failed\n", what);
  }
  return otherwise;
}

template <typename Call>
void guarded(const char* what, Call call) noexcept {
  guarded(what, 0, [&call] { return call(), 0; });
}

}  // namespace lws_chat
