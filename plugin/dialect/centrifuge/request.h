#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace lws_chat {

// The fields of a request, a JSON object. A field of the wrong type is a problem of the request.
class Request {
 public:
  Request() = default;
  explicit Request(std::vector<JsonMember> fields) : fields_(std::move(fields)) {}

  // Each returns the field, or the type's empty value if the field is missing or null.
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  uint64_t number(std::string_view name);
  int64_t signed_number(std::string_view name, int64_t min, int64_t max);
  Request object(std::string_view name, bool& given);
  std::vector<JsonValue> array(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  std::string_view json(std::string_view name) const;  // as it was sent; empty: not given

  const std::vector<JsonMember>& fields() const { return fields_; }

  // Any other field is a problem.
  void allow_only(std::initializer_list<std::string_view> names);

  // These fields ask for something that is not available: they are a problem unless they are null, false, 0 or empty.
  void refuse(std::initializer_list<std::string_view> names);

  // The field is not of the kind that it must be. Only the first complaint counts.
  void complain(std::string_view name, std::string_view what);

  // The problem with the fields read so far ("offset is no whole number"); empty: none.
  const std::string& problem() const { return problem_; }

 private:
  const JsonValue* find(std::string_view name) const;

  std::vector<JsonMember> fields_;
  std::string problem_;
};

}  // namespace lws_chat
