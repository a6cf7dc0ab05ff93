#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/identity.h"
#include "core/records.h"

namespace lws_chat {

// Members of durable rooms that may come back as the same clients, also after the process has ended: each is a record
// for as long as it is a member or absent.
class PresentRecords {
 public:
  // `records` may be nullptr.
  explicit PresentRecords(Records* records) : records_(records) {}

  bool kept() const { return records_ != nullptr; }

  // `key` recognizes the client when it comes back. Returns false if there are too many.
  bool keep(std::string_view room, const Identity& who, std::string_view key);

  // Does not fail: without memory for it, the client counts as absent after a restart.
  void drop(std::string_view room, const Identity& who);

  struct Present {
    std::string room;
    Identity who;
    std::string key;
  };

  // Reads the records of a former process. They count until they are dropped.
  void load(const std::function<void(Present&& present)>& take);

 private:
  Records* records_;
  size_t count_ = 0;
};

}  // namespace lws_chat
