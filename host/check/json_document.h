#pragma once

#include <cjson/cJSON.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// A JSON text as a cJSON tree, with line and column of each value.
namespace lws_chat {

// 1-based. The column counts code points, as editors do.
struct LineColumn {
  unsigned line = 0;
  unsigned column = 0;
};

struct SyntaxError {
  LineColumn at;
  std::string text;  // empty: none
};

// Replaces each byte of a comment by a blank. A comment goes from # to the end of the line; a # in a string is none.
std::string blank_comments(std::string_view text);

// cJSON accepts more than JSON (line ends in strings, for one), and tells neither positions nor reasons. So our own
// scanner checks the text and notes where each value begins. Then cJSON builds the tree, and its values get their
// positions in document order.
class JsonDocument {
 public:
  explicit JsonDocument(std::string_view text);

  // Null if the text has a syntax error.
  const cJSON* root() const { return root_.get(); }
  const SyntaxError& error() const { return error_; }

  // The first character of a value.
  LineColumn value_position(const cJSON* value) const;
  // The first character of the value's key, or of the value if it has no key.
  LineColumn key_position(const cJSON* value) const;

 private:
  struct Place {
    size_t key;
    size_t value;
  };
  struct Free {
    void operator()(cJSON* tree) const { cJSON_Delete(tree); }
  };

  LineColumn position(size_t offset) const;
  void build_tree(const std::string& json, const std::vector<Place>& places);
  friend class JsonScanner;

  std::string text_;
  std::vector<size_t> line_starts_;
  std::unique_ptr<cJSON, Free> root_;
  std::unordered_map<const cJSON*, Place> places_;
  SyntaxError error_;
};

}  // namespace lws_chat
