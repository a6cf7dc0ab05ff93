#include "host/check/json_document.h"

#include <algorithm>
#include <cstdio>

#include "core/utf8.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxNesting = 100;  // bounds the recursion; lws itself allows far less
constexpr size_t kMaxDigits = 20;    // in a number, as in lws's parser

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Bytes of the UTF-8 sequence at `at`. 0: there is none.
size_t sequence_length(std::string_view text, size_t at) {
  for (size_t length = 1; length <= 4 && at + length <= text.size(); ++length)
    if (is_utf8(text.substr(at, length))) return length;
  return 0;
}

std::string hex_byte(char c) {
  char hex[8];
  std::snprintf(hex, sizeof hex, "0x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return hex;
}

// Quotes that word processors, web pages and Chinese keyboards produce instead of ".
constexpr std::string_view kOtherQuotes[] = {"\u201c", "\u201d", "\u201e", "\u201f", "\u00ab", "\u00bb",
                                             "\u2018", "\u2019", "\u201a", "\u2033", "\uff02"};

struct Invisible {
  std::string_view character;
  std::string_view name;
};
constexpr Invisible kInvisible[] = {{"\u00a0", "no-break space U+00A0"},
                                    {"\u200b", "zero-width space U+200B"},
                                    {"\u2028", "line separator U+2028"},
                                    {"\u3000", "ideographic space U+3000"},
                                    {"\ufeff", "byte order mark U+FEFF"}};

// The first of these quotes in the text. Empty: there is none.
std::string_view other_quote(std::string_view text) {
  size_t nearest = std::string_view::npos;
  std::string_view found;
  for (std::string_view quote : kOtherQuotes) {
    size_t at = text.find(quote);
    if (at >= nearest) continue;
    nearest = at;
    found = quote;
  }
  return found;
}

// Finds the first byte that is not plain UTF-8. Returns its offset and sets `fault`, or leaves `fault` empty.
size_t encoding_fault(std::string_view text, std::string& fault) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    fault = "the file begins with a byte order mark, expected UTF-8 without one";
    return 0;
  }
  for (size_t at = 0, length; at < text.size(); at += length) {
    length = sequence_length(text, at);
    if (length == 0)
      fault = "byte " + hex_byte(text[at]) + " is not UTF-8, expected a file in UTF-8";
    else if (text[at] == '\0')
      fault = "byte 0x00 in the file, expected text in UTF-8";
    if (!fault.empty()) return at;
  }
  return text.size();
}

}  // namespace

std::string blank_comments(std::string_view text) {
  std::string result(text);
  bool in_string = false;
  for (size_t at = 0; at < result.size(); ++at) {
    char c = result[at];
    // A string ends with its line even if it is not closed. So a forgotten quote does not hide later comments.
    if (c == '\n') in_string = false;
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\' && at + 1 < result.size() && result[at + 1] != '\n') ++at;
    if (in_string || c != '#') continue;
    while (at < result.size() && result[at] != '\n') result[at++] = ' ';
    --at;
  }
  return result;
}

// A strict reader of RFC 8259. It stops at the first fault and says what it expected there. It also rejects three parts
// of JSON that lws misreads: escaped zero bytes, surrogate pairs and exponents.
class JsonScanner {
 public:
  using Place = JsonDocument::Place;

  explicit JsonScanner(std::string_view text) : text_(text) {}

  bool scan() {
    skip_blanks();
    if (at_end()) return fail(0, "only blanks and comments, expected an object { }");
    if (!value(at_)) return false;
    skip_blanks();
    return at_end() || fail(at_, "unexpected " + found() + " after the end of the document");
  }

  size_t error_offset() const { return error_offset_; }
  const std::string& error() const { return error_; }
  const std::vector<Place>& places() const { return places_; }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }

  bool fail(size_t offset, std::string text) {
    error_offset_ = offset;
    error_ = std::move(text);
    return false;
  }

  size_t line_of(size_t offset) const {
    return 1 +
           static_cast<size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
  }

  // The character or word at the current place, for a message.
  std::string found() const {
    if (at_end()) return "end of file";
    size_t end = at_;
    if (is_letter(text_[at_]))
      while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])) && end < at_ + 20) ++end;
    else if (static_cast<unsigned char>(text_[at_]) < 0x20)
      return "control character " + hex_byte(text_[at_]);
    else
      end += sequence_length(text_, at_);
    for (const auto& [character, name] : kInvisible)
      if (text_.substr(at_, end - at_) == character) return std::string(name);
    return "'" + std::string(text_.substr(at_, end - at_)) + "'";
  }

  bool unexpected(const std::string& expected) {
    if (at_end()) return unexpected_end();
    std::string hint;
    if (peek() == '\'') hint = " (JSON needs double quotes)";
    if (!other_quote(text_.substr(at_, sequence_length(text_, at_))).empty())
      hint = " (a typographic quote; JSON needs the straight one, \")";
    if (peek() == '/') hint = " (a comment begins with #)";
    return fail(at_, "unexpected " + found() + hint + ", expected " + expected);
  }

  bool unexpected_end() {
    std::string text = "unexpected end of file, ";
    if (open_.empty()) return fail(text_.size(), text + "expected a value");
    text += open_.size() == 1 ? "1 bracket is still open, from line "
                              : std::to_string(open_.size()) + " brackets are still open, the first at line ";
    return fail(text_.size(), text + std::to_string(line_of(open_.front())));
  }

  bool value(size_t key) {
    places_.push_back({key, at_});
    char c = peek();
    if (c == '{') return members('}');
    if (c == '[') return members(']');
    if (c == '"') return string();
    if (c == '-' || is_digit(c)) return number();
    for (std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      char next = at_ + word.size() < text_.size() ? text_[at_ + word.size()] : ' ';
      if (is_letter(next) || is_digit(next)) break;
      at_ += word.size();
      return true;
    }
    if (is_letter(c)) return unexpected("a value (a text needs double quotes)");
    return unexpected("a value");
  }

  // The inside of an object or array, up to its closing bracket.
  bool members(char close) {
    if (open_.size() == kMaxNesting) return fail(at_, "nested too deeply");
    open_.push_back(at_++);
    skip_blanks();
    while (peek() != close) {
      size_t key = at_;
      if (close == '}' && !member_key()) return false;
      if (!value(close == '}' ? key : at_)) return false;
      skip_blanks();
      if (peek() == close) break;
      if (peek() != ',') return no_comma(close);
      size_t comma = at_++;
      skip_blanks();
      if (peek() == close)
        return fail(comma, std::string("unexpected ',' (JSON allows no comma before ") + close + ")");
    }
    ++at_;
    open_.pop_back();
    return true;
  }

  bool no_comma(char close) {
    if (peek() == '}' || peek() == ']')
      return fail(at_, "unexpected " + found() + ", expected '" + close + "' to close the bracket of line " +
                           std::to_string(line_of(open_.back())));
    return unexpected(std::string("',' or '") + close + "' after the value");
  }

  bool member_key() {
    if (peek() != '"') return unexpected(open_is_empty() ? "a key in double quotes or '}'" : "a key in double quotes");
    if (!string()) return false;
    skip_blanks();
    if (peek() != ':') return unexpected("':' after a key");
    ++at_;
    skip_blanks();
    return true;
  }

  // Returns true if the innermost bracket is still empty.
  bool open_is_empty() const { return !places_.empty() && places_.back().value == open_.back(); }

  bool string() {
    size_t open = at_++;
    for (;; ++at_) {
      if (at_end() || peek() == '\n' || peek() == '\r') return unclosed(open);
      if (static_cast<unsigned char>(peek()) < 0x20)
        return fail(at_, "control character " + hex_byte(peek()) + " in a string, expected an escape such as \\t");
      if (peek() == '"') break;
      if (peek() == '\\' && !escape()) return false;
    }
    ++at_;
    return true;
  }

  bool unclosed(size_t open) {
    std::string_view quote = other_quote(text_.substr(open, at_ - open));
    std::string hint =
        quote.empty() ? "" : " (" + std::string(quote) + " is a typographic quote, which does not close it)";
    return fail(open, "string is not closed" + hint + ", expected '\"' before the end of the line");
  }

  // Ends at the last character of the escape.
  bool escape() {
    size_t begin = at_++;
    if (at_end() || text_.find_first_of("\"\\/bfnrtu", at_) != at_)
      return fail(begin,
                  "unknown escape in a string, expected \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u0000 to \\uffff");
    if (peek() != 'u') return true;
    for (int digits = 0; digits < 4; ++digits) {
      ++at_;
      if (at_end() || !is_hex(peek())) return fail(begin, "expected four hexadecimal digits after \\u");
    }
    unsigned long code = std::stoul(std::string(text_.substr(begin + 2, 4)), nullptr, 16);
    if (code == 0) return fail(begin, "\\u0000 is a zero byte, where libwebsockets ends the text: remove it");
    // LEJP turns each half of a surrogate pair into bytes that are not UTF-8.
    if (code >= 0xD800 && code <= 0xDFFF)
      return fail(begin, "libwebsockets does not read surrogate pairs, expected the character itself in UTF-8");
    return true;
  }

  bool number() {
    size_t begin = at_;
    if (peek() == '-') ++at_;
    size_t first = at_;
    size_t digits = skip_digits();
    if (digits == 0) return unexpected("a digit after '-'");
    if (digits > 1 && text_[first] == '0') return fail(begin, "a number must not begin with 0");
    if (peek() == '.') {
      ++at_;
      size_t fraction = skip_digits();
      if (fraction == 0) return unexpected("a digit after the decimal point");
      digits += fraction;
    }
    // Valid JSON, but lws reads numbers with atoi(), so 1e3 would be 1.
    if (peek() == 'e' || peek() == 'E')
      return fail(begin, "libwebsockets does not read exponents, expected the number in plain digits");
    if (digits > kMaxDigits) return fail(begin, "number of " + std::to_string(digits) + " digits, expected at most 20");
    return true;
  }

  size_t skip_digits() {
    size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ - begin;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<size_t> open_;  // offsets of the open brackets, outermost first
  std::vector<Place> places_;
  size_t error_offset_ = 0;
  std::string error_;
};

JsonDocument::JsonDocument(std::string_view text) : text_(text) {
  line_starts_.push_back(0);
  for (size_t at = 0; at < text_.size(); ++at)
    if (text_[at] == '\n') line_starts_.push_back(at + 1);
  std::string fault;
  size_t offset = encoding_fault(text_, fault);
  if (fault.empty()) {
    std::string json = blank_comments(text_);
    JsonScanner scanner(json);
    if (scanner.scan()) {
      build_tree(json, scanner.places());
      return;
    }
    fault = scanner.error();
    offset = scanner.error_offset();
  }
  error_ = {position(offset), fault};
}

void JsonDocument::build_tree(const std::string& json, const std::vector<Place>& places) {
  const char* end = nullptr;
  root_.reset(cJSON_ParseWithLengthOpts(json.c_str(), json.size() + 1, &end, true));
  if (!root_) {
    size_t offset = end ? static_cast<size_t>(end - json.c_str()) : 0;
    error_ = {position(std::min(offset, text_.size())), "cannot be read as JSON"};
    return;
  }
  // cJSON keeps children in document order. So a walk in pre-order meets the values in the scanner's order.
  std::vector<const cJSON*> pending{root_.get()};
  for (const Place& place : places) {
    if (pending.empty()) break;
    const cJSON* node = pending.back();
    pending.pop_back();
    places_[node] = place;
    std::vector<const cJSON*> children;
    for (const cJSON* child = node->child; child; child = child->next) children.push_back(child);
    pending.insert(pending.end(), children.rbegin(), children.rend());
  }
}

LineColumn JsonDocument::position(size_t offset) const {
  auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  size_t start = *(next - 1);
  unsigned column = 1;
  for (size_t at = start; at < offset; ++at)
    if ((static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80) ++column;
  return {static_cast<unsigned>(next - line_starts_.begin()), column};
}

LineColumn JsonDocument::value_position(const cJSON* value) const {
  auto found = places_.find(value);
  return found == places_.end() ? LineColumn{} : position(found->second.value);
}

LineColumn JsonDocument::key_position(const cJSON* value) const {
  auto found = places_.find(value);
  return found == places_.end() ? LineColumn{} : position(found->second.key);
}

}  // namespace lws_chat
