#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace lws_chat {

// The fields of a method's request, a JSON object. A field of a wrong type makes the request invalid; problem() says
// why.
class Request {
 public:
  Request() = default;
  explicit Request(std::vector<JsonMember> fields) : fields_(std::move(fields)) {}

  // Returns the field, or an empty value if it is missing or null.
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  uint64_t number(std::string_view name);
  int64_t signed_number(std::string_view name, int64_t min, int64_t max);
  Request object(std::string_view name, bool& given);
  std::vector<JsonValue> array(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  std::string_view json(std::string_view name) const;  // unchanged; empty: not given

  // Makes the request invalid if it has other fields.
  void allow_only(std::initializer_list<std::string_view> names);

  // Makes the request invalid if one of these fields is set (not null, false, 0 or empty), because we do not support
  // it.
  void refuse(std::initializer_list<std::string_view> names);

  // Makes the request invalid: the field must be `what`. Only the first complaint counts.
  void complain(std::string_view name, std::string_view what);

  // The first fault of the fields that were read so far ("offset must be a whole number"). Empty: none.
  const std::string& problem() const { return problem_; }

 private:
  const JsonValue* find(std::string_view name) const;

  std::vector<JsonMember> fields_;
  std::string problem_;
};

}  // namespace lws_chat
