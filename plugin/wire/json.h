#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// JSON (RFC 8259), as far as we need it. Values are slices of the input: payloads are relayed as they came, never
// parsed and printed again.
namespace lws_chat {

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text;  // a slice of the input, without the blanks around it

  bool is_true() const { return kind == JsonKind::kBool && text == "true"; }
};

struct JsonMember {
  std::string name;  // unescaped
  JsonValue value;
};

// Largest number of arrays and objects inside each other.
inline constexpr unsigned kMaxJsonDepth = 64;

// Removes blanks and an object from the beginning of `text`. Returns false if there is another kind of value, or the
// object is malformed, incomplete or nested too deeply; `text` then begins at the fault. Precondition: text is UTF-8.
[[nodiscard]] bool take_object(std::string_view& text, std::vector<JsonMember>& members,
                               unsigned max_depth = kMaxJsonDepth);

// Reads a text that must be exactly one value. Precondition: text is UTF-8.
[[nodiscard]] bool read_json(std::string_view text, JsonValue& value, unsigned max_depth = kMaxJsonDepth);

// Precondition: the value is an object from take_object() or read_json().
std::vector<JsonMember> members_of(const JsonValue& object);

// Precondition: the value is an array from take_object() or read_json().
std::vector<JsonValue> elements_of(const JsonValue& array, unsigned max_depth = kMaxJsonDepth);

// Returns the same value on one line. In valid JSON a line break is always between the parts of a value.
std::string on_one_line(std::string_view json);

// Returns the text of a JSON string, as UTF-8. Precondition: kind is kString.
std::string unquoted(const JsonValue& string);

// Returns true if a string has half a surrogate pair. That is not a character, and unquoted() replaces it by U+FFFD.
bool has_half_a_pair(const JsonValue& string);

// Sets `number` if the value is a whole number in the range. Otherwise returns false.
[[nodiscard]] bool read_number(const JsonValue& value, int64_t min, int64_t max, int64_t& number);
[[nodiscard]] bool read_number(const JsonValue& value, uint64_t max, uint64_t& number);

// Appends a text as a JSON string. Precondition: text is UTF-8.
void append_quoted(std::string& json, std::string_view text);

}  // namespace lws_chat
