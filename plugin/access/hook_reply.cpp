#include <limits>
#include <unordered_map>

#include "access/hook_fields.h"
#include "access/hook_messages.h"
#include "core/utf8.h"

namespace lws_chat {
namespace {

constexpr uint64_t kFirstCloseCode = 3000;  // RFC 6455 section 7.4.2: codes of libraries and applications
constexpr uint64_t kLastCloseCode = 4999;
constexpr size_t kMaxReason = 123;  // bytes

HookDenial read_error(HookFields error) {
  HookDenial denial;
  denial.code = static_cast<uint32_t>(error.number("code", std::numeric_limits<uint32_t>::max()));
  denial.message = error.text("message");
  denial.temporary = error.flag("temporary");
  if (denial.code == 0) error.complain("code", "is missing or 0, expected the code of an error");
  return denial;
}

HookDenial read_disconnect(HookFields disconnect) {
  HookDenial denial;
  denial.disconnects = true;
  uint64_t code = disconnect.number("code", kLastCloseCode);
  if (code < kFirstCloseCode) disconnect.complain("code", "is not 3000 to 4999, so no client can be told");
  denial.code = static_cast<uint32_t>(code);
  denial.message = utf8_prefix(disconnect.text("reason"), kMaxReason);
  return denial;
}

// Reads the common members. `read` reads the result. Disconnects come first, then errors, as in Centrifugo.
template <typename Result, typename Read>
HookReply<Result> read_reply(std::string_view json, Read&& read) {
  HookReply<Result> reply;
  JsonValue value;
  if (!is_utf8(json) || !read_json(json, value) || value.kind != JsonKind::kObject) {
    reply.problem = "not a JSON object";
    return reply;
  }
  std::vector<JsonMember> members = members_of(value);
  bool empty = members.empty();
  bool known = false;
  for (const JsonMember& member : members)
    known = known || member.name == "result" || member.name == "error" || member.name == "disconnect";
  if (!empty && !known) {
    reply.problem = "neither result nor error nor disconnect in it";
    return reply;
  }
  HookFields fields(std::move(members), "", reply.problem);
  if (fields.has("disconnect")) {
    reply.denial = read_disconnect(fields.object("disconnect"));
  } else if (fields.has("error")) {
    reply.denial = read_error(fields.object("error"));
  } else if (fields.has("result")) {
    reply.given = true;
    read(fields.object("result"), reply.result);
  }
  // Nothing that a caller could take for an answer.
  if (!reply.problem.empty()) reply = {reply.problem, std::nullopt, false, {}};
  return reply;
}

// Each room once: its options count, if it has any.
std::vector<ServerSubscription> read_subscriptions(HookFields& result) {
  std::vector<ServerSubscription> subscriptions;
  std::unordered_map<std::string, size_t> places;
  auto place_of = [&](const std::string& room) -> ServerSubscription& {
    auto [place, is_new] = places.emplace(room, subscriptions.size());
    if (is_new) subscriptions.emplace_back().room = room;
    return subscriptions[place->second];
  };
  for (const std::string& room : result.texts("channels")) place_of(room);
  for (auto& [room, options] : result.objects("subs")) {
    ServerSubscription& subscription = place_of(room);
    subscription.info = options.json_or_base64("info", "b64info");
    subscription.data = options.json_or_base64("data", "b64data");
    subscription.override = options.override_("override");
    subscription.expires_at = options.unix_seconds("expire_at");
  }
  return subscriptions;
}

}  // namespace

HookReply<ConnectResult> read_connect_reply(std::string_view json) {
  return read_reply<ConnectResult>(json, [](HookFields fields, ConnectResult& result) {
    result.user = fields.text("user");
    result.info = fields.json_or_base64("info", "b64info");
    result.data = fields.json_or_base64("data", "b64data");
    result.meta = fields.json("meta");
    result.expires_at = fields.unix_seconds("expire_at");
    result.subscriptions = read_subscriptions(fields);
  });
}

HookReply<RefreshResult> read_refresh_reply(std::string_view json) {
  return read_reply<RefreshResult>(json, [](HookFields fields, RefreshResult& result) {
    result.expired = fields.flag("expired");
    result.expires_at = fields.unix_seconds("expire_at");
    result.info = fields.json_or_base64("info", "b64info");
    result.meta = fields.json("meta");
  });
}

HookReply<SubscribeResult> read_subscribe_reply(std::string_view json) {
  return read_reply<SubscribeResult>(json, [](HookFields fields, SubscribeResult& result) {
    result.info = fields.json_or_base64("info", "b64info");
    result.data = fields.json_or_base64("data", "b64data");
    result.override = fields.override_("override");
    result.expires_at = fields.unix_seconds("expire_at");
  });
}

HookReply<PublishResult> read_publish_reply(std::string_view json) {
  return read_reply<PublishResult>(json, [](HookFields fields, PublishResult& result) {
    result.data = fields.has("data") ? fields.json("data") : fields.json_or_base64("data", "b64data");
    result.tags = fields.tags("tags");
    result.skip_history = fields.flag("skip_history");
    result.version = fields.number("version", std::numeric_limits<uint64_t>::max());
    result.version_epoch = fields.text("version_epoch");
  });
}

HookReply<RpcResult> read_rpc_reply(std::string_view json) {
  return read_reply<RpcResult>(
      json, [](HookFields fields, RpcResult& result) { result.data = fields.json_or_base64("data", "b64data"); });
}

}  // namespace lws_chat
