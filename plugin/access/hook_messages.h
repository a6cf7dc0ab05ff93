#pragma once

#include <string>
#include <string_view>

#include "access/hook.h"

// The JSON of questions and replies, as Centrifugo 6.9's.
namespace lws_chat {

// Preconditions: texts are UTF-8; data and meta are valid JSON or empty.
std::string hook_json(const ConnectQuestion& question);
std::string hook_json(const RefreshQuestion& question);
std::string hook_json(const SubscribeQuestion& question);
std::string hook_json(const PublishQuestion& question);
std::string hook_json(const SubRefreshQuestion& question);
std::string hook_json(const RpcQuestion& question);

// Read the body of a reply, any bytes. Members that are not known are ignored. A member of the wrong type is a problem.
// So are members of which none is known: a misspelt denial must not permit.
HookReply<ConnectResult> read_connect_reply(std::string_view json);
HookReply<RefreshResult> read_refresh_reply(std::string_view json);
HookReply<SubscribeResult> read_subscribe_reply(std::string_view json);
HookReply<PublishResult> read_publish_reply(std::string_view json);
HookReply<RpcResult> read_rpc_reply(std::string_view json);

}  // namespace lws_chat
