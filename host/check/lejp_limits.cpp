#include "host/check/lejp_limits.h"

#include <libwebsockets.h>

#include <cstring>
#include <map>

namespace lws_chat {
namespace {

// The parser's stack has LEJP_MAX_DEPTH entries and must not become full. It holds one entry for each open bracket
// except the first, and one for the string that is being read.
constexpr size_t kMaxBrackets = LEJP_MAX_DEPTH - 1;
constexpr size_t kMaxArrays = LEJP_MAX_INDEX_DEPTH;
// Bytes of a key's dotted path without its terminator. lws 4.1.6 writes past the buffer when a path is longer.
constexpr size_t kMaxPath = LEJP_MAX_PATH - 1;
// A text that fills the buffer arrives in two pieces, of which the second may be empty. So the longest text in one
// piece is one byte shorter than the buffer.
constexpr size_t kMaxText = LEJP_STRING_CHUNK - 1;

bool begins_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// At these two places lws's configuration callback joins the pieces of a long text.
bool joins_pieces(const std::string& path) {
  return begins_with(path, "vhosts[].headers[].") || path == "vhosts[].mounts[].origin";
}

// lws splits a path at its dots. But in these maps the key is the rest of the path, so it may begin with a dot
// (".zip").
bool takes_leading_dot(const std::string& parent) {
  return parent == "vhosts[].mounts[].extra-mimetypes" || parent == "vhosts[].mounts[].interpret";
}

class Walk {
 public:
  explicit Walk(ConfigFile& file) : file_(file) {}

  void value(const cJSON* node, const std::string& path, size_t brackets, size_t arrays) {
    if (cJSON_IsNull(node)) file_.error_at_value(node, "null is not a value here: remove the key");
    if (cJSON_IsString(node)) text(node, path);
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) return;
    if (++brackets > kMaxBrackets)
      return file_.error_at_value(
          node, "nested too deeply, libwebsockets reads at most " + std::to_string(kMaxBrackets) + " levels");
    if (cJSON_IsArray(node)) {
      if (++arrays > kMaxArrays)
        return file_.error_at_value(
            node, "libwebsockets reads at most " + std::to_string(kMaxArrays) + " arrays inside each other");
      for (const cJSON* item = node->child; item; item = item->next) value(item, path + "[]", brackets, arrays);
      return;
    }
    if (brackets == 1 && !node->child)
      return file_.error_at_value(node,
                                  "libwebsockets rejects an empty top object, expected at least {\"global\": {}}");
    members(node, path, brackets, arrays);
  }

 private:
  void text(const cJSON* node, const std::string& path) {
    size_t length = std::strlen(node->valuestring);
    if (length > kMaxText && !joins_pieces(path))
      file_.error_at_value(node, "text of " + std::to_string(length) + " bytes, libwebsockets reads at most " +
                                     std::to_string(kMaxText) + " in one piece");
  }

  void members(const cJSON* object, const std::string& parent, size_t brackets, size_t arrays) {
    std::map<std::string_view, const cJSON*> seen;
    for (const cJSON* item = object->child; item; item = item->next) {
      std::string_view key = item->string;
      std::string path = parent + (parent.empty() ? "" : ".") + item->string;
      auto [first, is_new] = seen.emplace(key, item);
      if (!is_new)
        file_.error_at_key(item, "\"" + std::string(key) + "\" occurs twice in this object, first at " +
                                     file_.place_of(first->second) + ": keep one");
      if (key.empty()) file_.error_at_key(item, "empty key, expected a name");
      if (key.find('.', takes_leading_dot(parent) ? 1 : 0) != std::string_view::npos)
        file_.error_at_key(
            item, "the key \"" + std::string(key) + "\" contains a dot, and libwebsockets would end the key there");
      size_t needed = path.size() + (cJSON_IsArray(item) ? 2 : 0);  // an array adds "[]"
      if (needed > kMaxPath) {
        file_.error_at_key(item, "the path of this key has " + std::to_string(needed) +
                                     " bytes, libwebsockets has room for " + std::to_string(kMaxPath) +
                                     ": use a shorter key");
        continue;
      }
      value(item, path, brackets, arrays);
    }
  }

  ConfigFile& file_;
};

}  // namespace

void check_lejp_limits(ConfigFile& file) {
  if (!cJSON_IsObject(file.root()))
    return file.error_at_value(file.root(), "expected an object { } with \"global\" or \"vhosts\"");
  Walk(file).value(file.root(), "", 0, 0);
}

}  // namespace lws_chat
