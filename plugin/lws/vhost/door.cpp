#include "lws/vhost/door.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lws_chat {

// The verifier, with keys from a URL.
class Door::KnownTokens final : public Tokens {
 public:
  KnownTokens(JwtVerifier& verifier, KeySetFetch* fetch) : verifier_(verifier), fetch_(fetch) {}

  Deferred<KeysAre> fetch_keys() override { return fetch_ ? fetch_->miss() : KeysAre::kSame; }
  TokenCheck<ConnectionClaims> check_connection(std::string_view token, int64_t unix_seconds) override {
    return counted(verifier_.check_connection(token, unix_seconds));
  }
  TokenCheck<SubscriptionClaims> check_subscription(std::string_view token, int64_t unix_seconds) override {
    return counted(verifier_.check_subscription(token, unix_seconds));
  }

  const std::array<uint64_t, kTokenVerdictCount>& verdicts() const { return verdicts_; }

 private:
  template <typename Check>
  Check counted(Check check) {
    ++verdicts_[static_cast<unsigned>(check.verdict)];
    return check;
  }

  JwtVerifier& verifier_;
  KeySetFetch* fetch_;
  std::array<uint64_t, kTokenVerdictCount> verdicts_{};
};

Door::Door(lws_context* context, const Options& options, const char* vhost_name, std::function<bool()> may_log)
    : options_(options), vhost_name_(vhost_name), may_log_(std::move(may_log)) {
  auto wake = [context] { lws_cancel_service(context); };
  auto log = [this](const std::string& what) { say(what); };
  if (options.tokens.accepts_tokens()) verifier_ = std::make_unique<JwtVerifier>(options.tokens);
  if (!options.tokens.jwks_url.empty())
    fetch_ = std::make_unique<KeySetFetch>(
        context, options.tokens.jwks_url, options.hooks.ca_file, wake,
        [this](std::string_view keys) { return verifier_->set_key_set(keys); }, log);
  if (verifier_) tokens_ = std::make_unique<KnownTokens>(*verifier_, fetch_.get());
  if (options.hooks.any()) hooks_ = std::make_unique<BackEndHooks>(options.hooks, wake, log);
}

Door::~Door() = default;

// A part of it may come from another server.
void Door::say(std::string what) const {
  std::replace_if(
      what.begin(), what.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  if (may_log_()) lwsl_warn("lws-chat: vhost %s: %s\n", vhost_name_, what.c_str());
}

// Keys and headers are read apart: a fault of one file does not keep the other from its new text.
std::string Door::load() {
  std::string problem = verifier_ ? verifier_->load() : "";
  if (verifier_ && problem.empty())
    for (const std::string& warning : verifier_->warnings())
      lwsl_warn("lws-chat: vhost %s: %s\n", vhost_name_, warning.c_str());
  std::string other = hooks_ ? hooks_->load() : "";
  return problem + (problem.empty() || other.empty() ? "" : "; ") + other;
}

void Door::open(Revocations& revocations) {
  doorman_ = std::make_unique<Doorman>(DoormanSeams{tokens_.get(), hooks_.get(), &revocations}, options_.anonymous);
  if (fetch_) fetch_->begin();
}

void Door::add_to(DoorFacts& facts) const {
  if (hooks_) {
    facts.hooks_waiting += hooks_->waiting();
    for (unsigned i = 0; i < kHookKindCount; ++i) {
      auto kind = static_cast<HookKind>(i);
      if (hooks_->has(kind)) facts.hooks[kind].add(hooks_->counters(kind));
    }
  }
  if (tokens_) {
    if (!facts.tokens) facts.tokens.emplace();
    for (unsigned i = 0; i < kTokenVerdictCount; ++i) (*facts.tokens)[i] += tokens_->verdicts()[i];
  }
  if (fetch_) {
    if (!facts.key_set) facts.key_set.emplace();
    facts.key_set->fetched += fetch_->fetched_count();
    facts.key_set->failed += fetch_->failed_count();
    facts.key_set->age = std::max(facts.key_set->age, fetch_->age());
  }
}

void Door::deliver() {
  if (hooks_) hooks_->deliver();
  if (fetch_) fetch_->deliver();
}

}  // namespace lws_chat
