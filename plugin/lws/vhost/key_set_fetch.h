#pragma once

#include <libwebsockets.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/tokens.h"
#include "core/deferred.h"
#include "hooks/http_caller.h"
#include "lws/timer.h"

namespace lws_chat {

// Fetches the keys of tokens from token-jwks-url: at the start, every ten minutes, and as soon as a token names a key
// that is not there. After a failure it waits longer each time. The keys that were fetched last stay until others come.
class KeySetFetch {
 public:
  // `take` gets a key set, and returns what is wrong with it. `log` gets what goes wrong. `wake` is called from another
  // thread when deliver() should be called.
  KeySetFetch(lws_context* context, std::string url, const std::string& ca_file, std::function<void()> wake,
              std::function<std::string(std::string_view)> take, std::function<void(const std::string&)> log);

  // A token names a key that is not there.
  Deferred<KeysAre> miss();

  // Fetches as soon as the loop runs.
  void begin() { timer_.set(0); }

  void deliver() { caller_.deliver(); }

  // For the metrics: fetches by their outcome, and the time since the last one that succeeded, or since the start.
  uint64_t fetched_count() const { return fetched_count_; }
  uint64_t failed_count() const { return failed_count_; }
  Time age() const;

 private:
  void fetch();
  void fetched(const HttpReply& reply);
  void finish(const std::string& problem);

  const std::string url_;
  std::function<std::string(std::string_view)> take_;
  std::function<void(const std::string&)> log_;
  HttpCaller caller_;
  Timer timer_;
  bool under_way_ = false;
  const Time made_at_;
  Time got_at_ = 0;        // 0: never
  unsigned failures_ = 0;  // since the last key set
  uint64_t fetched_count_ = 0;
  uint64_t failed_count_ = 0;
  std::vector<Promise<KeysAre>> waiting_;
  Lifetime lifetime_;
};

}  // namespace lws_chat
