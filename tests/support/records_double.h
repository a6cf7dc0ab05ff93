#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/records.h"

namespace lws_chat {

// Records in memory. What is over stays until somebody asks.
struct RecordsDouble final : Records {
  void keep(Kind kind, std::string_view key, std::string_view value, int64_t until) override {
    kept[{kind, std::string(key)}] = {std::string(value), until};
  }
  void drop(Kind kind, std::string_view key) override { kept.erase({kind, std::string(key)}); }
  void load(Kind kind, const Take& take) override {
    for (const auto& [name, record] : kept)
      if (name.first == kind) take(name.second, record.first, record.second);
  }
  size_t count(Kind kind) const {
    size_t all = 0;
    for (const auto& [name, record] : kept) all += name.first == kind;
    return all;
  }

  std::map<std::pair<Kind, std::string>, std::pair<std::string, int64_t>> kept;
};

}  // namespace lws_chat
