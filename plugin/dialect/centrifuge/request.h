#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace lws_chat {

// What a method is asked with: the fields of a JSON object. One of the wrong type spoils the request.
class Request {
 public:
  Request() = default;
  explicit Request(std::vector<JsonMember> fields) : fields_(std::move(fields)) {}

  // The field, or what stands for it when it is missing or null.
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  uint64_t number(std::string_view name);
  int64_t signed_number(std::string_view name, int64_t min, int64_t max);
  Request object(std::string_view name, bool& given);
  std::vector<JsonValue> array(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  std::string_view json(std::string_view name) const;  // as it stands; empty: not given

  // Other fields than these spoil it.
  void allow_only(std::initializer_list<std::string_view> names);

  // A field that says something (not null, false, 0 or empty) spoils it: what it asks for is not to be had.
  void refuse(std::initializer_list<std::string_view> names);

  // The field is not what it has to be; only the first complaint counts.
  void complain(std::string_view name, std::string_view what);

  // What is wrong with the fields asked for so far ("offset is no whole number"); empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  const JsonValue* find(std::string_view name) const;

  std::vector<JsonMember> fields_;
  std::string problem_;
};

}  // namespace lws_chat
