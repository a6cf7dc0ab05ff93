#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/jwt_settings.h"
#include "access/tokens.h"

namespace lws_chat {

// Checks tokens with the keys of a vhost. It is for one thread.
class JwtVerifier : public Tokens {
 public:
  explicit JwtVerifier(JwtSettings settings);
  ~JwtVerifier() override;

  // Reads the files of the settings, for the first time or again. Returns what is wrong, with option, file and remedy,
  // or an empty text. If something is wrong, the old keys stay.
  [[nodiscard]] std::string load();

  // What load() accepted but what should be better, each with option and file.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Replaces the key set by one that somebody fetched from jwks_url. Returns what is wrong; if something is, the old
  // one stays.
  [[nodiscard]] std::string set_key_set(std::string_view jwks);

  TokenCheck<ConnectionClaims> check_connection(std::string_view token, int64_t unix_seconds) override;
  TokenCheck<SubscriptionClaims> check_subscription(std::string_view token, int64_t unix_seconds) override;

 private:
  struct Keys;

  template <typename Claims>
  TokenCheck<Claims> check(std::string_view token, int64_t unix_seconds) const;

  JwtSettings settings_;
  std::unique_ptr<Keys> keys_;
  std::vector<std::string> warnings_;
};

}  // namespace lws_chat
