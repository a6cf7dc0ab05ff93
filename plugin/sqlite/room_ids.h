#pragma once

#include <cstdint>

#include "sqlite/database.h"

namespace lws_chat {

// Finds ids for rooms. A room gets another one when it begins anew: the messages under the old id then belong to
// nobody, and the sweep removes them little by little.
class RoomIds {
 public:
  explicit RoomIds(Database& database);

  // Returns 0 if none is found.
  int64_t next();

 private:
  bool is_free(int64_t id);

  Database& database_;
  Statement used_;
  int64_t next_;
};

}  // namespace lws_chat
