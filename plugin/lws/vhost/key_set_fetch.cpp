#include "lws/vhost/key_set_fetch.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "lws/clock.h"

namespace lws_chat {
namespace {

constexpr Time kTimeout = 5 * LWS_US_PER_SEC;
constexpr Time kAge = Time{600} * LWS_US_PER_SEC;  // after which the keys are fetched again
constexpr Time kPause = 2 * LWS_US_PER_SEC;        // the least time between two fetches because of unknown keys
constexpr size_t kMostWaiting = 1024;
constexpr size_t kMostBytes = size_t{256} * 1024;

// Seconds until the next attempt: 1, 2, 4 and so on up to 64.
Time back_off(unsigned failures) { return (Time{1} << std::min(failures - 1, 6U)) * LWS_US_PER_SEC; }

HttpCaller::Settings caller_settings(const std::string& ca_file) {
  HttpCaller::Settings settings;
  settings.most_connections = 1;
  settings.ca_file = ca_file;
  return settings;
}

}  // namespace

KeySetFetch::KeySetFetch(lws_context* context, std::string url, const std::string& ca_file, std::function<void()> wake,
                         std::function<std::string(std::string_view)> take, std::function<void(const std::string&)> log)
    : url_(std::move(url)),
      take_(std::move(take)),
      log_(std::move(log)),
      caller_(std::move(wake), caller_settings(ca_file)),
      timer_(context, "key set", [this] { fetch(); }),
      made_at_(now()) {}

// A stranger can make up names of keys, so that they must not cause many fetches: the next one comes some time after
// the last one, and those wait who want it. After a failure the timer is set already.
Deferred<KeysAre> KeySetFetch::miss() {
  if (failures_ > 0 || waiting_.size() >= kMostWaiting) return KeysAre::kUnreachable;
  waiting_.emplace_back();
  Deferred<KeysAre> answer = waiting_.back().deferred();
  if (!under_way_) timer_.set(got_at_ == 0 ? 0 : std::max<Time>(got_at_ + kPause - now(), 0));
  return answer;
}

Time KeySetFetch::age() const { return now() - (got_at_ != 0 ? got_at_ : made_at_); }

void KeySetFetch::fetch() {
  if (under_way_) return;
  try {
    HttpCall call;
    call.url = url_;
    call.headers.emplace_back("Accept: application/json");
    call.timeout = kTimeout;
    call.most_bytes = kMostBytes;
    Deferred<HttpReply> reply = caller_.call(std::move(call));
    under_way_ = true;
    reply.then(lifetime_, [this](const HttpReply& got) { fetched(got); });
  } catch (const std::exception&) {
    finish("no memory");
  }
}

void KeySetFetch::fetched(const HttpReply& reply) {
  under_way_ = false;
  std::string problem;
  try {
    problem = reply.problem;
    if (problem.empty() && reply.status != 200) problem = "HTTP status " + std::to_string(reply.status);
    if (problem.empty()) problem = take_(reply.body);
  } catch (const std::exception&) {
    problem = "no memory";
  }
  finish(problem);
}

void KeySetFetch::finish(const std::string& problem) {
  failures_ = problem.empty() ? 0 : failures_ + 1;
  ++(problem.empty() ? fetched_count_ : failed_count_);
  if (problem.empty()) got_at_ = now();
  Time wait = problem.empty() ? kAge : back_off(failures_);
  timer_.set(wait);
  std::vector<Promise<KeysAre>> waiting = std::move(waiting_);
  waiting_.clear();
  for (Promise<KeysAre>& promise : waiting) promise.keep(problem.empty() ? KeysAre::kNew : KeysAre::kUnreachable);
  // The query of a URL may have a secret in it.
  if (!problem.empty())
    log_("token-jwks-url " + url_.substr(0, url_.find('?')) + ": " + problem +
         "; the keys in use stay, the next attempt is in " + std::to_string(wait / LWS_US_PER_SEC) + " s");
}

}  // namespace lws_chat
