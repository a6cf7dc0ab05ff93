#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"

namespace lws_chat {

// A row of the table, and how its text gets into Options and out again.
struct OptionBinding {
  OptionRow row;
  std::function<std::string(Options&, std::string_view)> set;
  std::function<std::string(const Options&)> get;
};

const std::vector<OptionBinding>& option_bindings();

}  // namespace lws_chat
