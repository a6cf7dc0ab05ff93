#include "hooks/back_end_hooks.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "access/hook_messages.h"

namespace lws_chat {
namespace {

HttpCaller::Settings caller_settings(const HookSettings& settings) {
  HttpCaller::Settings caller;
  caller.ca_file = settings.ca_file;
  return caller;
}

// May only get what is visible in one line: curl sends it as it is.
bool is_value(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

void set_header(HookHeaders& headers, const std::string& name, const std::string& value) {
  auto same = [&](const auto& header) { return header.first == name; };
  headers.erase(std::remove_if(headers.begin(), headers.end(), same), headers.end());
  headers.emplace_back(name, value);
}

HookOutcome outcome_of(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::kTooMany: return HookOutcome::kRefused;
    case HttpFailure::kTimeout: return HookOutcome::kTimeout;
    case HttpFailure::kNone:
    case HttpFailure::kFailed: break;
  }
  return HookOutcome::kFailed;
}

Time monotonic_now() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // namespace

BackEndHooks::BackEndHooks(const HookSettings& settings, std::function<void()> wake,
                           std::function<void(const std::string&)> log)
    : settings_(settings), log_(std::move(log)), caller_(std::move(wake), caller_settings(settings)) {}

std::string BackEndHooks::load() {
  const std::string& path = settings_.headers_file;
  std::string problem = path.empty() ? "" : load_hook_headers(path, static_headers_);
  return problem.empty() ? "" : "hook-headers-file " + path + ": " + problem;
}

// A client's header takes the place of a static one with the same name, and one of its request the place of one that it
// has sent in connect, as in Centrifugo.
std::vector<std::string> BackEndHooks::headers_for(const HookClient& about) const {
  HookHeaders headers = static_headers_;
  auto set = [&](const HookHeaders* given, const std::vector<std::string>& allowed) {
    if (!given) return;
    for (const auto& [name, value] : *given)
      if (std::find(allowed.begin(), allowed.end(), name) != allowed.end() && is_value(value))
        set_header(headers, name, value);
  };
  set(about.emulated, settings_.emulated_headers);
  set(about.headers, settings_.forwarded_headers);
  std::vector<std::string> lines{"Content-Type: application/json"};
  // "Name;" is curl's way to send a header without a value.
  for (const auto& [name, value] : headers) lines.push_back(value.empty() ? name + ";" : name + ": " + value);
  return lines;
}

template <typename Result>
Deferred<HookReply<Result>> BackEndHooks::ask(HookKind kind, const HookClient& about, std::string json,
                                              Reader<Result> read) {
  HttpCall call;
  call.url = settings_.url(kind);
  call.body = std::move(json);
  call.headers = headers_for(about);
  call.timeout = settings_.timeout;
  // Who asks waits for an answer, also if there is no memory to read it.
  return caller_.call(std::move(call)).map([this, kind, read](const HttpReply& http) {
    try {
      return judge<Result>(kind, http, read);
    } catch (const std::exception&) {
      HookReply<Result> none;
      none.problem = "no memory";
      return none;
    }
  });
}

template <typename Result>
HookReply<Result> BackEndHooks::judge(HookKind kind, const HttpReply& http, Reader<Result> read) {
  HookReply<Result> reply;
  HookOutcome outcome = HookOutcome::kOk;
  if (http.failure != HttpFailure::kNone) {
    outcome = outcome_of(http.failure);
    reply.problem = http.problem;
  } else if (http.status == 200) {
    reply = read(http.body);
  } else {
    auto has_status = [&](const HookStatusRule& rule) { return rule.status == http.status; };
    auto rule = std::find_if(settings_.statuses.begin(), settings_.statuses.end(), has_status);
    if (rule == settings_.statuses.end())
      reply.problem = "the back end answered " + std::to_string(http.status);
    else
      reply.denial = rule->denial;
  }
  if (reply.denial) outcome = reply.denial->disconnects ? HookOutcome::kDisconnect : HookOutcome::kError;
  if (!reply.problem.empty()) {
    if (outcome == HookOutcome::kOk) outcome = HookOutcome::kFailed;
    complain(kind, reply.problem);
  }
  count(kind, outcome, http.took);
  return reply;
}

void BackEndHooks::count(HookKind kind, HookOutcome outcome, Time took) {
  HookCounters& counters = counters_[static_cast<unsigned>(kind)];
  ++counters.outcomes[static_cast<unsigned>(outcome)];
  if (outcome != HookOutcome::kRefused) counters.seconds.observe(static_cast<double>(took) / 1e6);
}

void BackEndHooks::complain(HookKind kind, const std::string& problem) {
  uint64_t left_out = 0;
  if (!log_ || !log_budget_.take(monotonic_now(), left_out)) return;
  const std::string& url = settings_.url(kind);
  // A query may have a secret in it.
  std::string line = "back end: " + std::string(name_of(kind)) + " at " + url.substr(0, url.find('?')) + ": " + problem;
  if (left_out > 0) line += " (and " + std::to_string(left_out) + " more failures that are not in the log)";
  log_(line);
}

Deferred<HookReply<ConnectResult>> BackEndHooks::connect(const ConnectQuestion& question) {
  return ask<ConnectResult>(HookKind::kConnect, question.about, hook_json(question), read_connect_reply);
}

Deferred<HookReply<RefreshResult>> BackEndHooks::refresh(const RefreshQuestion& question) {
  return ask<RefreshResult>(HookKind::kRefresh, question.about, hook_json(question), read_refresh_reply);
}

Deferred<HookReply<SubscribeResult>> BackEndHooks::subscribe(const SubscribeQuestion& question) {
  return ask<SubscribeResult>(HookKind::kSubscribe, question.about, hook_json(question), read_subscribe_reply);
}

Deferred<HookReply<PublishResult>> BackEndHooks::publish(const PublishQuestion& question) {
  return ask<PublishResult>(HookKind::kPublish, question.about, hook_json(question), read_publish_reply);
}

Deferred<HookReply<SubRefreshResult>> BackEndHooks::sub_refresh(const SubRefreshQuestion& question) {
  return ask<SubRefreshResult>(HookKind::kSubRefresh, question.about, hook_json(question), read_refresh_reply);
}

Deferred<HookReply<RpcResult>> BackEndHooks::rpc(const RpcQuestion& question) {
  return ask<RpcResult>(HookKind::kRpc, question.about, hook_json(question), read_rpc_reply);
}

}  // namespace lws_chat
