#include "access/hook_fields.h"

#include <algorithm>
#include <limits>

#include "core/utf8.h"
#include "wire/base64.h"

namespace lws_chat {

const JsonValue* HookFields::find(std::string_view name) const {
  auto found =
      std::find_if(members_.rbegin(), members_.rend(), [&](const JsonMember& member) { return member.name == name; });
  return found == members_.rend() || found->value.kind == JsonKind::kNull ? nullptr : &found->value;
}

const JsonValue* HookFields::find(std::string_view name, JsonKind kind, std::string_view what) {
  const JsonValue* value = find(name);
  if (!value || value->kind == kind) return value;
  complain(name, what);
  return nullptr;
}

void HookFields::complain(std::string_view name, std::string_view what) {
  if (problem_.empty()) problem_ = where_ + std::string(name) + " " + std::string(what);
}

std::string HookFields::text(std::string_view name) {
  const JsonValue* value = find(name, JsonKind::kString, "is not a string");
  return value ? unquoted(*value) : "";
}

bool HookFields::flag(std::string_view name) {
  const JsonValue* value = find(name, JsonKind::kBool, "is neither true nor false");
  return value && value->is_true();
}

uint64_t HookFields::number(std::string_view name, uint64_t max) {
  uint64_t number = 0;
  const JsonValue* value = find(name);
  if (value && !read_number(*value, max, number)) complain(name, "is not a whole number up to " + std::to_string(max));
  return number;
}

int64_t HookFields::unix_seconds(std::string_view name) {
  // The whole numbers that every JSON library can read (RFC 8259 section 6).
  constexpr int64_t kMost = (int64_t{1} << 53) - 1;
  int64_t seconds = 0;
  const JsonValue* value = find(name);
  if (value && !read_number(*value, -kMost, kMost, seconds)) complain(name, "is not a whole number of seconds");
  return std::max<int64_t>(0, seconds);
}

std::string HookFields::json(std::string_view name) const {
  const JsonValue* value = find(name);
  return value ? on_one_line(value->text) : "";
}

std::string HookFields::json_or_base64(std::string_view name, std::string_view name64) {
  std::string text64 = text(name64);
  if (text64.empty()) return json(name);
  std::optional<std::string> bytes = decode_base64(text64);
  JsonValue value;
  if (!bytes) {
    complain(name64, "is not base64");
  } else if (!is_utf8(*bytes) || !read_json(*bytes, value)) {
    complain(name64, "is not JSON in base64");
  } else {
    return on_one_line(value.text);
  }
  return "";
}

std::string HookFields::tags(std::string_view name) {
  const JsonValue* value = find(name, JsonKind::kObject, "is not an object of strings");
  if (!value) return "";
  std::vector<JsonMember> members = members_of(*value);
  for (const JsonMember& member : members)
    if (member.value.kind != JsonKind::kString) {
      complain(name, "is not an object of strings");
      return "";
    }
  return members.empty() ? "" : on_one_line(value->text);
}

std::vector<std::string> HookFields::texts(std::string_view name) {
  std::vector<std::string> texts;
  const JsonValue* value = find(name, JsonKind::kArray, "is not an array of strings");
  if (!value) return texts;
  for (const JsonValue& element : elements_of(*value)) {
    if (element.kind != JsonKind::kString) {
      complain(name, "is not an array of strings");
      return {};
    }
    texts.push_back(unquoted(element));
  }
  return texts;
}

HookFields HookFields::fields_of(const JsonValue* object, std::string_view name) {
  return {object ? members_of(*object) : std::vector<JsonMember>(), where_ + std::string(name) + ".", problem_};
}

HookFields HookFields::object(std::string_view name) {
  return fields_of(find(name, JsonKind::kObject, "is not an object"), name);
}

std::vector<std::pair<std::string, HookFields>> HookFields::objects(std::string_view name) {
  std::vector<std::pair<std::string, HookFields>> objects;
  const JsonValue* value = find(name, JsonKind::kObject, "is not an object");
  if (!value) return objects;
  for (JsonMember& member : members_of(*value)) {
    bool is_object = member.value.kind == JsonKind::kObject;
    if (!is_object && member.value.kind != JsonKind::kNull) complain(name, "is not an object of objects");
    HookFields fields = fields_of(is_object ? &member.value : nullptr, name);
    objects.emplace_back(std::move(member.name), std::move(fields));
  }
  return objects;
}

SubscriptionOverride HookFields::override_(std::string_view name) {
  HookFields fields = object(name);
  auto flag = [&](std::string_view which) -> std::optional<bool> {
    if (!fields.has(which)) return std::nullopt;
    return fields.object(which).flag("value");
  };
  SubscriptionOverride changed;
  changed.presence = flag("presence");
  changed.join_leave = flag("join_leave");
  changed.force_push_join_leave = flag("force_push_join_leave");
  changed.force_recovery = flag("force_recovery");
  changed.force_positioning = flag("force_positioning");
  return changed;
}

}  // namespace lws_chat
