#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sqlite/database.h"

namespace lws_chat {

// Which rooms are durable, by the present configuration.
struct FileRules {
  std::string text{};  // another one if other rooms are; empty: not known
  std::function<bool(std::string_view room)> is_durable{};
};

// If the rules have changed since the last run, forgets the rooms that are not durable any more, with their positions:
// a room that is durable again later goes on as a new one, so that its readers hear of what they have missed meanwhile.
// Returns how many. Failures stay in the database.
int64_t apply_rules(Database& database, const FileRules& rules);

}  // namespace lws_chat
