#include "access/emulated_headers.h"

#include <algorithm>
#include <utility>

#include "wire/field.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxValue = 4096;  // bytes

bool is_value(std::string_view text) {
  auto allowed = [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); };
  return text.size() <= kMaxValue && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

std::string read_emulated_headers(std::string_view json, const std::vector<std::string>& names, HookHeaders& headers) {
  std::vector<JsonMember> members;
  if (json.empty() || json == "null") return "";
  if (!take_object(json, members)) return "headers must be an object of strings";
  HookHeaders kept;
  for (const JsonMember& member : members) {
    if (member.value.kind == JsonKind::kNull) continue;
    if (member.value.kind != JsonKind::kString) return "headers must be an object of strings";
    auto name = std::find_if(names.begin(), names.end(),
                             [&](const std::string& known) { return same_token(known, member.name); });
    if (name == names.end()) continue;
    std::string value = unquoted(member.value);
    if (!is_value(value))
      return "headers: " + *name + " has control characters or is longer than " + std::to_string(kMaxValue) + " bytes";
    auto same = std::find_if(kept.begin(), kept.end(), [&](const auto& header) { return header.first == *name; });
    if (same == kept.end())
      kept.emplace_back(*name, std::move(value));
    else
      same->second = std::move(value);
  }
  headers = std::move(kept);
  return "";
}

size_t size_of(const HookHeaders& headers) {
  size_t bytes = 0;
  for (const auto& [name, value] : headers)
    bytes += sizeof(HookHeaders::value_type) + name.capacity() + value.capacity();
  return bytes;
}

}  // namespace lws_chat
