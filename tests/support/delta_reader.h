#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "support/fossil_applier.h"
#include "wire/json.h"

namespace lws_chat {

// A subscription with deltas as an SDK has it: it keeps the last data, and applies deltas to it. What cannot be applied
// is a fault of the server.
class DeltaReader {
 public:
  // Takes {"data":"...","delta":...}, and returns the data as it was published.
  std::string read(const JsonValue& publication) {
    std::string data;
    bool delta = false;
    for (const JsonMember& member : members_of(publication)) {
      if (member.name == "data" && member.value.kind != JsonKind::kString) fail("the data is no string", publication);
      if (member.name == "data") data = unquoted(member.value);
      if (member.name == "delta") delta = member.value.is_true();
    }
    wire_bytes += publication.text.size();
    ++(delta ? deltas : wholes);
    if (delta) {
      std::optional<std::string> applied = fossil::apply(last_, data);
      if (!applied) fail("the delta does not fit to the message before", publication);
      data = *applied;
    }
    last_ = data;
    return data;
  }

  // Takes a push, {"push":{"channel":...,"pub":{...}}}. Empty: it is no publication.
  std::string read_push(std::string_view push) {
    JsonValue publication;
    return find(push, {"push", "pub"}, publication) ? read(publication) : std::string();
  }

  // Finds a value in objects inside each other.
  static bool find(std::string_view json, const std::vector<std::string_view>& path, JsonValue& value) {
    if (!read_json(json, value)) return false;
    for (std::string_view name : path) {
      bool found = false;
      if (value.kind != JsonKind::kObject) return false;
      for (const JsonMember& member : members_of(value)) {
        if (member.name != name) continue;
        value = member.value;
        found = true;
        break;
      }
      if (!found) return false;
    }
    return true;
  }

  size_t deltas = 0;
  size_t wholes = 0;
  size_t wire_bytes = 0;

 private:
  [[noreturn]] static void fail(const char* what, const JsonValue& publication) {
    std::fprintf(stderr, "broken: %s: %.*s\n", what, static_cast<int>(publication.text.size()),
                 publication.text.data());
    std::abort();
  }

  std::string last_;
};

}  // namespace lws_chat
