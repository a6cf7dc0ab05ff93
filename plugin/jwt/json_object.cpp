#include "jwt/json_object.h"

#include <algorithm>

#include "core/utf8.h"

namespace lws_chat {
namespace {

bool has_duplicates(const std::vector<JsonMember>& members) {
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const JsonMember& member : members) names.emplace_back(member.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

std::string JsonObject::read(std::string_view text) {
  JsonValue value;
  members_.clear();
  if (!is_utf8(text)) return "is not UTF-8";
  if (!read_json(text, value) || value.kind != JsonKind::kObject) return "is not a JSON object";
  members_ = members_of(value);
  return has_duplicates(members_) ? "has a member twice" : "";
}

const JsonValue* JsonObject::find(std::string_view name) const {
  for (const JsonMember& member : members_)
    if (member.name == name) return member.value.kind == JsonKind::kNull ? nullptr : &member.value;
  return nullptr;
}

bool JsonObject::read_text(std::string_view name, std::string& text) const {
  const JsonValue* value = find(name);
  return !value || lws_chat::read_text(*value, text);
}

bool read_text(const JsonValue& value, std::string& text) {
  if (value.kind != JsonKind::kString || has_half_a_pair(value)) return false;
  text = unquoted(value);
  return true;
}

}  // namespace lws_chat
