#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// JSON (RFC 8259) as far as the structured dialect needs it: what is relayed is never parsed and printed again,
// so values are slices of what came in.
namespace lws_chat {

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text;  // exactly as it stands, without the blanks around it

  bool is_true() const { return kind == JsonKind::kBool && text == "true"; }
};

struct JsonMember {
  std::string name;  // unescaped
  JsonValue value;
};

// How deep arrays and objects may be nested.
inline constexpr unsigned kMaxJsonDepth = 64;

// Takes the object that `text` begins with, blanks before it included, off `text`. Returns false if that is
// none: another kind of value, broken, cut off or nested too deeply; `text` then begins where that shows.
// Precondition: text is UTF-8.
[[nodiscard]] bool take_object(std::string_view& text, std::vector<JsonMember>& members);

// Reads a text that is one value and nothing else. Precondition: text is UTF-8.
[[nodiscard]] bool read_json(std::string_view text, JsonValue& value);

// The members of a value that was found to be an object.
std::vector<JsonMember> members_of(const JsonValue& object);

// The elements of a value that was found to be an array.
std::vector<JsonValue> elements_of(const JsonValue& array);

// The same without line breaks, which in JSON can only stand between the parts of a value.
std::string on_one_line(std::string_view json);

// The text of a JSON string, as UTF-8. Precondition: kind is kString.
std::string unquoted(const JsonValue& string);

// True if a string has half a surrogate pair, which is no character: unquoted() makes U+FFFD of it.
bool has_half_a_pair(const JsonValue& string);

// Whether the value is a whole number of that range, which is then put into `number`.
[[nodiscard]] bool read_number(const JsonValue& value, int64_t min, int64_t max, int64_t& number);
[[nodiscard]] bool read_number(const JsonValue& value, uint64_t max, uint64_t& number);

// Appends a text, which has to be UTF-8, as a JSON string.
void append_quoted(std::string& json, std::string_view text);

}  // namespace lws_chat
