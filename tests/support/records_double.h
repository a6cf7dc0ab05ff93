#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/records.h"

namespace lws_chat {

// Records in memory. What is over stays until somebody asks.
struct RecordsDouble final : Records {
  Deferred<Status> keep(Kind kind, std::string_view key, std::string_view value, int64_t until) override {
    kept[{kind, std::string(key)}] = {std::string(value), until};
    if (!late) return Status::kOk;
    answers.emplace_back();
    return answers.back().deferred();
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
  bool late = false;  // answers are kept by the test
  std::deque<Promise<Status>> answers;
};

}  // namespace lws_chat
