#include "dialect/centrifuge/request.h"

#include <algorithm>
#include <limits>

namespace lws_chat {
namespace {

bool says_nothing(const JsonValue& value) {
  constexpr std::string_view kNothing[] = {"null", "false", "0", "\"\"", "[]", "{}"};
  return std::find(std::begin(kNothing), std::end(kNothing), value.text) != std::end(kNothing);
}

}  // namespace

const JsonValue* Request::find(std::string_view name) const {
  for (const JsonMember& field : fields_)
    if (field.name == name) return field.value.kind == JsonKind::kNull ? nullptr : &field.value;
  return nullptr;
}

void Request::complain(std::string_view name, std::string_view what) {
  if (problem_.empty()) problem_ = std::string(name) + " must be " + std::string(what);
}

std::string Request::text(std::string_view name) {
  const JsonValue* value = find(name);
  if (!value) return {};
  bool is_text = value->kind == JsonKind::kString;
  if (is_text && !has_half_a_pair(*value)) return unquoted(*value);
  complain(name, is_text ? "valid Unicode" : "a string");
  return {};
}

bool Request::flag(std::string_view name) {
  const JsonValue* value = find(name);
  if (!value) return false;
  if (value->kind != JsonKind::kBool) complain(name, "true or false");
  return value->is_true();
}

uint64_t Request::number(std::string_view name) {
  uint64_t number = 0;
  const JsonValue* value = find(name);
  if (value && !read_number(*value, std::numeric_limits<uint64_t>::max(), number)) complain(name, "a whole number");
  return number;
}

int64_t Request::signed_number(std::string_view name, int64_t min, int64_t max) {
  int64_t number = 0;
  const JsonValue* value = find(name);
  if (value && !read_number(*value, min, max, number))
    complain(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

Request Request::object(std::string_view name, bool& given) {
  const JsonValue* value = find(name);
  given = value != nullptr;
  if (!value) return Request();
  if (value->kind == JsonKind::kObject) return Request(members_of(*value));
  complain(name, "an object");
  return Request();
}

std::vector<JsonValue> Request::array(std::string_view name) {
  const JsonValue* value = find(name);
  if (!value) return {};
  if (value->kind == JsonKind::kArray) return elements_of(*value);
  complain(name, "an array");
  return {};
}

std::vector<std::string> Request::texts(std::string_view name) {
  std::vector<std::string> texts;
  for (const JsonValue& value : array(name)) {
    if (value.kind != JsonKind::kString || has_half_a_pair(value)) {
      complain(name, "an array of strings");
      return texts;
    }
    texts.push_back(unquoted(value));
  }
  return texts;
}

void Request::allow_only(std::initializer_list<std::string_view> names) {
  for (const JsonMember& field : fields_)
    if (std::find(names.begin(), names.end(), field.name) == names.end() && problem_.empty())
      problem_ = "unknown field \"" + field.name.substr(0, 50) + "\"";
}

void Request::refuse(std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    const JsonValue* value = find(name);
    if (value && !says_nothing(*value) && problem_.empty()) problem_ = std::string(name) + " is not available here";
  }
}

std::string_view Request::json(std::string_view name) const {
  for (const JsonMember& field : fields_)
    if (field.name == name) return field.value.text;
  return {};
}

}  // namespace lws_chat
