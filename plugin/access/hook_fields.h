#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/tokens.h"
#include "wire/json.h"

namespace lws_chat {

// The members of an object in a back end's reply. Each function returns a member, or the type's empty value if it is
// missing, null, or a problem. If a name comes twice, the last member counts.
class HookFields {
 public:
  // Problems are told to `problem`: the first one, unless it has a problem already. `where` names the object, as
  // "result.". Both have to outlive the fields.
  HookFields(std::vector<JsonMember> members, std::string where, std::string& problem)
      : members_(std::move(members)), where_(std::move(where)), problem_(problem) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }

  std::string text(std::string_view name);
  bool flag(std::string_view name);
  uint64_t number(std::string_view name, uint64_t max);

  // Seconds since 1970; 0: never, and so are times before 1970.
  int64_t unix_seconds(std::string_view name);

  // A JSON text on one line.
  std::string json(std::string_view name) const;

  // The JSON text in base64 of `name64`. If it is not given, the JSON of `name`.
  std::string json_or_base64(std::string_view name, std::string_view name64);

  // A JSON text that is an object of strings; empty if it has no members.
  std::string tags(std::string_view name);

  std::vector<std::string> texts(std::string_view name);

  // Without members if it is missing.
  HookFields object(std::string_view name);

  // An object of objects, by name.
  std::vector<std::pair<std::string, HookFields>> objects(std::string_view name);

  SubscriptionOverride override_(std::string_view name);

  void complain(std::string_view name, std::string_view what);

 private:
  const JsonValue* find(std::string_view name) const;
  const JsonValue* find(std::string_view name, JsonKind kind, std::string_view what);
  HookFields fields_of(const JsonValue* object, std::string_view name);

  std::vector<JsonMember> members_;
  std::string where_;
  std::string& problem_;
};

}  // namespace lws_chat
