#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// The keys of which a back end has to show one. Several are good at a time, so that they can be changed one after
// the other.
class ApiKeys {
 public:
  static constexpr size_t kShortest = 16;  // bytes
  static constexpr size_t kLongest = 200;

  // Takes them from the text of a file: one a line; empty lines and those that begin with # do not count. Returns
  // what is wrong ("line 2: ..."), or an empty text. What was there before stays if something is wrong.
  [[nodiscard]] std::string read(std::string_view text);

  bool empty() const { return keys_.empty(); }

  // Whether it is one of the keys. How long that takes says nothing of how near it is to one.
  bool has(std::string_view key) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace lws_chat
