#include "dialect/json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>

namespace lws_chat {
namespace {

// A MemoryStream is not copied by the reader, so that Tell() is exact in every handler.
using Input = rapidjson::MemoryStream;

// Half a surrogate pair, which an escape may well say, has no form in UTF-8: U+FFFD stands for it.
std::string without_surrogates(std::string text) {
  for (size_t i = 0; i + 2 < text.size(); ++i)
    if (text[i] == '\xed' && static_cast<unsigned char>(text[i + 1]) >= 0xa0) text.replace(i, 3, "\xef\xbf\xbd");
  return text;
}

// Notes where the values of the outermost object's members begin and end.
class MemberHandler {
 public:
  MemberHandler(std::string_view text, const Input& input, std::vector<JsonMember>& members)
      : text_(text), input_(input), members_(members) {}

  bool Null() { return value(JsonKind::kNull); }
  bool Bool(bool) { return value(JsonKind::kBool); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return value(JsonKind::kNumber); }
  bool String(const char*, rapidjson::SizeType, bool) { return value(JsonKind::kString); }
  bool StartObject() { return ++depth_ <= kMaxJsonDepth; }
  bool StartArray() { return depth_ > 0 && ++depth_ <= kMaxJsonDepth; }
  bool EndObject(rapidjson::SizeType) { return --depth_, value(JsonKind::kObject); }
  bool EndArray(rapidjson::SizeType) { return --depth_, value(JsonKind::kArray); }
  bool Key(const char* name, rapidjson::SizeType size, bool) {
    if (depth_ > 1) return true;
    members_.push_back({without_surrogates({name, size}), {}});
    begin_ = input_.Tell();
    return true;
  }
  // With numbers as texts these do not occur.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  bool value(JsonKind kind) {
    if (depth_ > 1) return true;
    if (depth_ == 0) return kind == JsonKind::kObject;
    size_t begin = text_.find_first_not_of(": \t\r\n", begin_);
    members_.back().value = {kind, text_.substr(begin, input_.Tell() - begin)};
    return true;
  }

  std::string_view text_;
  const Input& input_;
  std::vector<JsonMember>& members_;
  unsigned depth_ = 0;
  size_t begin_ = 0;  // after the name of the member being read
};

// Keeps a string that stands alone.
struct StringHandler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, StringHandler> {
  std::string text;
  bool String(const char* bytes, rapidjson::SizeType size, bool) { return text.assign(bytes, size), true; }
};

}  // namespace

bool take_object(std::string_view& text, std::vector<JsonMember>& members) {
  members.clear();
  Input input(text.data(), text.size());
  MemberHandler handler(text, input, members);
  rapidjson::Reader reader;
  reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseStopWhenDoneFlag>(input, handler);
  if (reader.HasParseError()) return false;
  text.remove_prefix(input.Tell());
  return true;
}

std::vector<JsonMember> members_of(const JsonValue& object) {
  std::vector<JsonMember> members;
  std::string_view text = object.text;
  if (!take_object(text, members)) members.clear();
  return members;
}

std::string unquoted(const JsonValue& string) {
  std::string_view inside = string.text.substr(1, string.text.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  Input input(string.text.data(), string.text.size());
  StringHandler handler;
  rapidjson::Reader reader;
  reader.Parse(input, handler);
  return without_surrogates(std::move(handler.text));
}

bool read_number(const JsonValue& value, int64_t min, int64_t max, int64_t& number) {
  const char* end = value.text.data() + value.text.size();
  int64_t read = 0;
  auto [stop, error] = std::from_chars(value.text.data(), end, read);
  if (value.kind != JsonKind::kNumber || error != std::errc() || stop != end || read < min || read > max) return false;
  number = read;
  return true;
}

bool read_number(const JsonValue& value, uint64_t max, uint64_t& number) {
  const char* end = value.text.data() + value.text.size();
  uint64_t read = 0;
  auto [stop, error] = std::from_chars(value.text.data(), end, read);
  if (value.kind != JsonKind::kNumber || error != std::errc() || stop != end || read > max) return false;
  number = read;
  return true;
}

void append_quoted(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  json += '"';
  size_t plain = 0;  // where what needs no escape begins
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    json += text.substr(plain, i - plain);
    plain = i + 1;
    json += '\\';
    switch (c) {
      case '"':
      case '\\': json += static_cast<char>(c); break;
      case '\n': json += 'n'; break;
      case '\r': json += 'r'; break;
      case '\t': json += 't'; break;
      default:
        json += "u00";
        json += kHex[c >> 4];
        json += kHex[c & 15];
    }
  }
  json += text.substr(plain);
  json += '"';
}

}  // namespace lws_chat
