#include "wire/json.h"

#include <algorithm>
#include <charconv>

namespace lws_chat {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Walks over JSON and stops at the first fault. It checks the grammar only, which allows numbers of any size and halves
// of surrogate pairs (RFC 8259 sections 6 and 8.2).
class Scanner {
 public:
  explicit Scanner(std::string_view text, unsigned max_depth = kMaxJsonDepth) : text_(text), max_depth_(max_depth) {}

  size_t position() const { return at_; }

  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }

  bool string() {
    if (!take('"')) return false;
    for (; at_ < text_.size(); ++at_) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return take('"');
      if (c < 0x20 || (c == '\\' && !escape())) return false;
    }
    return false;
  }

  // Reads an object or array after its opening bracket. Calls `told` for each of its own values; in an object with the
  // quoted name, too.
  template <typename Told>
  bool object(Told&& told, unsigned depth = 1) {
    return elements('}', [&] {
      size_t name = at_;
      if (!string()) return false;
      std::string_view quoted = text_.substr(name, at_ - name);
      skip_blanks();
      if (!take(':')) return false;
      skip_blanks();
      JsonValue value;
      if (!this->value(value, depth)) return false;
      told(quoted, value);
      return true;
    });
  }

  template <typename Told>
  bool array(Told&& told, unsigned depth = 1) {
    return elements(']', [&] {
      JsonValue value;
      if (!this->value(value, depth)) return false;
      told(value);
      return true;
    });
  }

  // Reads a value that is inside `depth` objects and arrays.
  bool value(JsonValue& value, unsigned depth) {
    size_t begin = at_;
    if (!skip(value.kind, depth)) return false;
    value.text = text_.substr(begin, at_ - begin);
    return true;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  template <typename Element>
  bool elements(char closing, Element&& element) {
    skip_blanks();
    if (take(closing)) return true;
    for (;;) {
      skip_blanks();
      if (!element()) return false;
      skip_blanks();
      if (take(closing)) return true;
      if (!take(',')) return false;
    }
  }

  bool skip(JsonKind& kind, unsigned depth) {
    switch (peek()) {
      case '{':
        kind = JsonKind::kObject;
        return depth < max_depth_ && take('{') && object([](std::string_view, const JsonValue&) {}, depth + 1);
      case '[':
        kind = JsonKind::kArray;
        return depth < max_depth_ && take('[') && array([](const JsonValue&) {}, depth + 1);
      case '"': kind = JsonKind::kString; return string();
      case 't': kind = JsonKind::kBool; return word("true");
      case 'f': kind = JsonKind::kBool; return word("false");
      case 'n': kind = JsonKind::kNull; return word("null");
      default: kind = JsonKind::kNumber; return number();
    }
  }

  bool word(std::string_view word) {
    for (char c : word)
      if (!take(c)) return false;
    return true;
  }

  bool digits() {
    size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  // Reads an escape. Begins at the backslash and ends at the escape's last character.
  bool escape() {
    char c = ++at_ < text_.size() ? text_[at_] : '\0';
    if (c != 'u') return c != '\0' && std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i)
      if (++at_ >= text_.size() || hex_digit(text_[at_]) < 0) return false;
    return true;
  }

  std::string_view text_;
  unsigned max_depth_;
  size_t at_ = 0;
};

void append_utf8(std::string& text, uint32_t point) {
  auto continuation = [point](unsigned shift) { return static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xc0 | point >> 6);
    text += continuation(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xe0 | point >> 12);
    text += continuation(6);
    text += continuation(0);
  } else {
    text += static_cast<char>(0xf0 | point >> 18);
    text += continuation(12);
    text += continuation(6);
    text += continuation(0);
  }
}

// Returns the UTF-16 unit of the \u escape at the beginning of `text`, or 0 if there is none.
uint32_t utf16_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return 0;
  uint32_t unit = 0;
  for (char c : text.substr(2, 4)) unit = unit << 4 | static_cast<uint32_t>(hex_digit(c));
  return unit;
}

// Removes a \u escape, or a pair of them, from the beginning of `text` and appends its character to `out`. Half a
// surrogate pair has no form in UTF-8 and becomes U+FFFD.
void unescape_unicode(std::string& out, std::string_view& text) {
  uint32_t unit = utf16_unit(text);
  text.remove_prefix(6);
  if (unit < 0xd800 || unit > 0xdfff) return append_utf8(out, unit);
  uint32_t second = utf16_unit(text);
  if (unit > 0xdbff || second < 0xdc00 || second > 0xdfff) {
    out += kReplacement;
    return;
  }
  text.remove_prefix(6);
  append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
}

}  // namespace

bool take_object(std::string_view& text, std::vector<JsonMember>& members, unsigned max_depth) {
  members.clear();
  Scanner scanner(text, max_depth);
  scanner.skip_blanks();
  bool whole = scanner.take('{') && scanner.object([&](std::string_view name, const JsonValue& value) {
    members.push_back({unquoted({JsonKind::kString, name}), value});
  });
  text.remove_prefix(scanner.position());
  return whole;
}

bool read_json(std::string_view text, JsonValue& value, unsigned max_depth) {
  Scanner scanner(text, max_depth);
  scanner.skip_blanks();
  if (!scanner.value(value, 0)) return false;
  scanner.skip_blanks();
  return scanner.position() == text.size();
}

std::vector<JsonMember> members_of(const JsonValue& object) {
  std::vector<JsonMember> members;
  std::string_view text = object.text;
  if (!take_object(text, members)) members.clear();
  return members;
}

std::vector<JsonValue> elements_of(const JsonValue& array, unsigned max_depth) {
  std::vector<JsonValue> elements;
  Scanner scanner(array.text, max_depth);
  bool whole = scanner.take('[') && scanner.array([&](const JsonValue& value) { elements.push_back(value); });
  if (!whole) elements.clear();
  return elements;
}

std::string on_one_line(std::string_view json) {
  std::string line(json);
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  return line;
}

std::string unquoted(const JsonValue& string) {
  std::string_view rest = string.text.substr(1, string.text.size() - 2);
  std::string text;
  for (size_t escape; (escape = rest.find('\\')) != std::string_view::npos;) {
    text += rest.substr(0, escape);
    rest.remove_prefix(escape);
    if (rest[1] == 'u') {
      unescape_unicode(text, rest);
      continue;
    }
    switch (rest[1]) {
      case 'b': text += '\b'; break;
      case 'f': text += '\f'; break;
      case 'n': text += '\n'; break;
      case 'r': text += '\r'; break;
      case 't': text += '\t'; break;
      default: text += rest[1];  // the escaped character itself
    }
    rest.remove_prefix(2);
  }
  return text += rest;
}

bool has_half_a_pair(const JsonValue& string) {
  auto code_at = [&](size_t at) {
    unsigned code = 0;
    if (string.text.substr(at, 2) != "\\u") return code;
    const char* digits = string.text.data() + at + 2;
    (void)std::from_chars(digits, digits + 4, code, 16);
    return code;
  };
  for (size_t at = 0; (at = string.text.find('\\', at)) != std::string_view::npos;) {
    unsigned code = code_at(at);
    bool high = code >= 0xd800 && code <= 0xdbff;
    bool low = code >= 0xdc00 && code <= 0xdfff;
    unsigned next = high ? code_at(at + 6) : 0;
    if (low || (high && (next < 0xdc00 || next > 0xdfff))) return true;
    at += high ? 12 : 2;
  }
  return false;
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
  size_t plain = 0;  // begin of the run that needs no escape
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
