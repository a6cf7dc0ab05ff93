#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>
#include <string_view>

#include "access/doorman.h"
#include "api/metrics.h"
#include "config/options.h"
#include "hooks/back_end_hooks.h"
#include "jwt/verifier.h"
#include "lws/vhost/key_set_fetch.h"

namespace lws_chat {

// A vhost's doorman, and what it works with: the keys of tokens, and the back end.
class Door {
 public:
  // The options and the name have to outlive it. `may_log` counts a line that others cause.
  Door(lws_context* context, const Options& options, const char* vhost_name, std::function<bool()> may_log);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Reads the files that options name, for the first time or again. Returns what is wrong, or an empty text. If
  // something is wrong, what was read before stays.
  [[nodiscard]] std::string load();

  // Lets clients in from now on.
  void open(Revocations& revocations);

  // Precondition: open().
  Doorman& doorman() { return *doorman_; }

  // On the loop's thread: goes on with what back ends have answered.
  void deliver();

  // Adds what it has counted.
  void add_to(DoorFacts& facts) const;

 private:
  class KnownTokens;

  void say(std::string what) const;

  const Options& options_;
  const char* vhost_name_;
  std::function<bool()> may_log_;
  std::unique_ptr<JwtVerifier> verifier_;  // nullptr: no keys are configured
  std::unique_ptr<KeySetFetch> fetch_;     // nullptr: no URL of keys is configured
  std::unique_ptr<KnownTokens> tokens_;
  std::unique_ptr<BackEndHooks> hooks_;
  std::unique_ptr<Doorman> doorman_;
};

}  // namespace lws_chat
