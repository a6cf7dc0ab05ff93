#include "dialect/command.h"

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
    if (command.method != Method::kNone) {
      command.problem = "more than one method";
      continue;
    }
    command.method = method_called(member.name);
    command.name = std::move(member.name);
    if (member.value.kind == JsonKind::kObject)
      command.request = Request(members_of(member.value));
    else if (command.method != Method::kUnknown)
      command.problem = command.name + " is no object";
  }
  return true;
}

const JsonValue* Request::find(std::string_view name) const {
  for (const JsonMember& field : fields_)
    if (field.name == name) return field.value.kind == JsonKind::kNull ? nullptr : &field.value;
  return nullptr;
}

void Request::complain(std::string_view name, std::string_view what) {
  if (problem_.empty()) problem_ = std::string(name) + " is no " + std::string(what);
}

std::string Request::text(std::string_view name) {
  const JsonValue* value = find(name);
  if (!value) return {};
  if (value->kind != JsonKind::kString) return complain(name, "text"), std::string();
  return unquoted(*value);
}

bool Request::flag(std::string_view name) {
  const JsonValue* value = find(name);
  if (!value) return false;
  if (value->kind != JsonKind::kBool) complain(name, "boolean");
  return value->is_true();
}

uint64_t Request::number(std::string_view name) {
  uint64_t number = 0;
  const JsonValue* value = find(name);
  if (value && !read_number(*value, std::numeric_limits<uint64_t>::max(), number)) complain(name, "whole number");
  return number;
}

int64_t Request::signed_number(std::string_view name, int64_t min, int64_t max) {
  int64_t number = 0;
  const JsonValue* value = find(name);
  if (value && !read_number(*value, min, max, number)) complain(name, "whole number in its range");
  return number;
}

Request Request::object(std::string_view name, bool& given) {
  const JsonValue* value = find(name);
  given = value != nullptr;
  if (!value) return Request();
  if (value->kind != JsonKind::kObject) return complain(name, "object"), Request();
  return Request(members_of(*value));
}

std::string_view Request::json(std::string_view name) const {
  for (const JsonMember& field : fields_)
    if (field.name == name) return field.value.text;
  return {};
}

}  // namespace lws_chat
