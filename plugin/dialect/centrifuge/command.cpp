#include "dialect/centrifuge/command.h"

#include <array>
#include <limits>
#include <utility>

namespace lws_chat {
namespace {

constexpr std::array<std::pair<std::string_view, Method>, 12> kMethods = {{
    {"connect", Method::kConnect},
    {"subscribe", Method::kSubscribe},
    {"unsubscribe", Method::kUnsubscribe},
    {"publish", Method::kPublish},
    {"presence", Method::kPresence},
    {"presence_stats", Method::kPresenceStats},
    {"history", Method::kHistory},
    {"ping", Method::kPing},
    {"send", Method::kSend},
    {"rpc", Method::kRpc},
    {"refresh", Method::kRefresh},
    {"sub_refresh", Method::kSubRefresh},
}};

Method method_called(std::string_view name) {
  for (const auto& [known, method] : kMethods)
    if (known == name) return method;
  return Method::kUnknown;
}

}  // namespace

bool read_command(std::string_view line, Command& command) {
  command = Command();
  std::vector<JsonMember> members;
  if (!take_object(line, members) || line.find_first_not_of(" \t\r") != std::string_view::npos) return false;
  for (JsonMember& member : members) {
    if (member.value.kind == JsonKind::kNull) continue;
    if (member.name == "id") {
      uint64_t id = 0;
      if (!read_number(member.value, std::numeric_limits<uint32_t>::max(), id)) return false;
      command.id = static_cast<uint32_t>(id);
      continue;
    }
    Method method = method_called(member.name);
    bool known = command.method != Method::kNone && command.method != Method::kUnknown;
    if (known && method != Method::kUnknown) command.problem = "more than one method";
    // A newer client may send fields that we do not know beside the method.
    if (known || (command.method == Method::kUnknown && method == Method::kUnknown)) continue;
    command.method = method;
    command.name = std::move(member.name);
    if (member.value.kind == JsonKind::kObject)
      command.request = Request(members_of(member.value));
    else if (command.method != Method::kUnknown)
      command.problem = command.name + " must be an object";
  }
  return true;
}

}  // namespace lws_chat
