#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// The keys of back ends: a request must carry one of them. There may be several, so that back ends can change theirs
// one after another.
class ApiKeys {
 public:
  static constexpr size_t kShortest = 16;  // bytes
  static constexpr size_t kLongest = 200;

  // Replaces the keys by those of a text: one per line, except empty lines and those that begin with #. Returns what is
  // wrong ("line 2: ..."), or an empty text. If something is wrong, the old keys stay.
  [[nodiscard]] std::string read(std::string_view text);

  // The same for the text of a file.
  [[nodiscard]] std::string load(const std::string& path);

  bool empty() const { return keys_.empty(); }

  // Returns true if it is one of the keys. The time it takes does not depend on how much of a key is right.
  bool has(std::string_view key) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace lws_chat
