#include "access/hook_counters.h"

namespace lws_chat {

std::string_view name_of(HookOutcome outcome) {
  switch (outcome) {
    case HookOutcome::kOk: return "ok";
    case HookOutcome::kError: return "error";
    case HookOutcome::kDisconnect: return "disconnect";
    case HookOutcome::kFailed: return "failed";
    case HookOutcome::kTimeout: return "timeout";
    case HookOutcome::kRefused: return "refused";
  }
  return "";
}

}  // namespace lws_chat
