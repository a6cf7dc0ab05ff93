#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace lws_chat {

// A JSON object that nobody can read in two ways: a name that is there twice makes it invalid (RFC 7519 section 4, RFC
// 7515 section 4). A member that is null counts as absent. Its values are slices of the text.
class JsonObject {
 public:
  // Returns what is wrong ("is not a JSON object"), or an empty text.
  [[nodiscard]] std::string read(std::string_view text);

  const std::vector<JsonMember>& members() const { return members_; }

  // nullptr: absent.
  const JsonValue* find(std::string_view name) const;

  // Sets `text` if the member is there. Returns false if it is not a string.
  [[nodiscard]] bool read_text(std::string_view name, std::string& text) const;

 private:
  std::vector<JsonMember> members_;
};

// Reads a string of JSON. Returns false for other values, and for a string with half a character.
[[nodiscard]] bool read_text(const JsonValue& value, std::string& text);

}  // namespace lws_chat
