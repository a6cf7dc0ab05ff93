#include "access/hook.h"

namespace lws_chat {

std::string_view name_of(HookKind kind) {
  switch (kind) {
    case HookKind::kConnect: return "connect";
    case HookKind::kRefresh: return "refresh";
    case HookKind::kSubscribe: return "subscribe";
    case HookKind::kPublish: return "publish";
    case HookKind::kSubRefresh: return "sub_refresh";
    case HookKind::kRpc: return "rpc";
  }
  return "";
}

}  // namespace lws_chat
