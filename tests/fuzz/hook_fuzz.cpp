// The input's first byte chooses a kind; the rest is a back end's reply. Always: there is a problem, a denial, a result
// or nothing, and never two of them; what clients get is JSON on one line; and codes are in range.
#include <cstdlib>

#include "access/hook_messages.h"
#include "access/hook_settings.h"
#include "core/utf8.h"
#include "wire/json.h"

using namespace lws_chat;

namespace {

void require(bool right) {
  if (!right) std::abort();
}

void judge_json(const std::string& json) {
  JsonValue value;
  require(json.empty() || (is_utf8(json) && read_json(json, value) && json.find('\n') == std::string::npos));
}

void judge(const ConnectResult& result) {
  require(is_utf8(result.user) && result.expires_at >= 0);
  for (const std::string* json : {&result.info, &result.data, &result.meta}) judge_json(*json);
  for (const ServerSubscription& subscription : result.subscriptions) {
    judge_json(subscription.info);
    judge_json(subscription.data);
    require(is_utf8(subscription.room) && subscription.expires_at >= 0);
  }
}

void judge(const RefreshResult& result) {
  judge_json(result.info);
  judge_json(result.meta);
  require(result.expires_at >= 0);
}

void judge(const SubscribeResult& result) {
  judge_json(result.info);
  judge_json(result.data);
  require(result.expires_at >= 0);
}

void judge(const PublishResult& result) {
  judge_json(result.data);
  judge_json(result.tags);
}

void judge(const RpcResult& result) { judge_json(result.data); }

template <typename Result>
void judge(const HookReply<Result>& reply) {
  require((!reply.problem.empty()) + reply.denial.has_value() + reply.given <= 1);
  require(is_utf8(reply.problem));
  judge(reply.result);
  if (!reply.denial) return;
  const HookDenial& denial = *reply.denial;
  require(is_utf8(denial.message) && denial.code > 0);
  if (denial.disconnects) require(denial.code >= 3000 && denial.code <= 4999 && denial.message.size() <= 123);
}

// The texts of options that have a grammar.
void judge_settings(std::string_view text) {
  std::vector<HookStatusRule> rules;
  if (read_hook_statuses(text, rules).empty())
    for (const HookStatusRule& rule : rules) require(rule.status >= 100 && rule.status != 200 && rule.denial.code > 0);
  HookHeaders headers;
  if (read_hook_headers(text, headers).empty())
    for (const auto& [name, value] : headers)
      require(!name.empty() && (name + value).find_first_of("\r\n") == std::string::npos);
  std::vector<std::string> names;
  if (read_hook_header_names(text, names).empty())
    for (const std::string& name : names) require(!name.empty() && name.find_first_of(": \r\n") == std::string::npos);
  if (hook_url_problem(text).empty()) require(!text.empty() && text.find_first_of(" \r\n") == std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: judge(read_connect_reply(text)); break;
    case 1: judge(read_refresh_reply(text)); break;
    case 2: judge(read_subscribe_reply(text)); break;
    case 3: judge(read_publish_reply(text)); break;
    case 4: judge(read_rpc_reply(text)); break;
    default: judge_settings(text);
  }
  return 0;
}
