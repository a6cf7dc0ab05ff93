#pragma once

#include <cjson/cJSON.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// One JSON text as a cJSON tree in which every value knows where it stands in the file.
namespace lws_chat {

// 1-based; the column counts code points, as editors do.
struct Position {
  unsigned line = 0;
  unsigned column = 0;
};

struct SyntaxError {
  Position at;
  std::string text;  // empty: none
};

// The text with its comments (from # to the end of the line, outside strings) replaced by blanks, byte for
// byte.
std::string blank_comments(std::string_view text);

// cJSON takes more than JSON (line ends inside strings, for one) and tells neither positions nor reasons. So
// our own scanner judges the text and notes where each value begins; cJSON then builds the tree, and both are
// matched up in document order.
class JsonDocument {
 public:
  explicit JsonDocument(std::string_view text);

  // Null if the text has a syntax error.
  const cJSON* root() const { return root_.get(); }
  const SyntaxError& error() const { return error_; }

  // Where a value of this document begins.
  Position value_position(const cJSON* value) const;
  // Where the key of this value begins; for what has no key, where the value does.
  Position key_position(const cJSON* value) const;

 private:
  struct Place {
    size_t key;
    size_t value;
  };
  struct Free {
    void operator()(cJSON* tree) const { cJSON_Delete(tree); }
  };

  Position position(size_t offset) const;
  void build_tree(const std::string& json, const std::vector<Place>& places);
  friend class JsonScanner;

  std::string text_;
  std::vector<size_t> line_starts_;
  std::unique_ptr<cJSON, Free> root_;
  std::unordered_map<const cJSON*, Place> places_;
  SyntaxError error_;
};

}  // namespace lws_chat
