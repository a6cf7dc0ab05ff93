#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"

// The table of all options. A new option is one row here and one member of Options or RoomSettings.
namespace lws_chat {

enum class OptionType { kText, kFlag, kNumber, kChoice, kList };

// Vhosts that share a hub have to agree on options of the hub and of rooms. Options of rooms can also be set for one
// namespace.
enum class OptionScope { kVhost, kHub, kRoom };

struct OptionRow {
  std::string_view name;
  OptionType type;
  std::string_view unit;      // of a number: "bytes", "ms", "s" or the thing counted; of a list: its items
  std::string_view fallback;  // the default, as it would be written in the configuration
  uint64_t min;               // of a number, in its unit
  uint64_t max;
  std::string_view choices;  // of a choice: the words, separated by '|'
  OptionScope scope;
  std::string_view help;  // one or two sentences, no markup

  // set() parses the text; it returns an empty string, or what is wrong and what was expected. get() prints the value.
  // An option of rooms has these for RoomSettings, others for Options.
  std::function<std::string(Options&, std::string_view)> set{};
  std::function<std::string(const Options&)> get{};
  std::function<std::string(RoomSettings&, std::string_view)> set_in_room{};
  std::function<std::string(const RoomSettings&)> get_in_room{};
  std::function<void(const RoomSettings& from, RoomSettings& to)> copy{};
};

const std::vector<OptionRow>& option_table();

// True for options that lws reads itself. They stand among ours in the configuration.
bool is_lws_option(std::string_view name);

// The row of an option, also of one of a namespace ("typing/history-size"); nullptr if there is none.
const OptionRow* find_option(std::string_view name);

// The option whose name is nearest to a mistyped one, in the same namespace; empty when none is near.
std::string nearest_option(std::string_view name);

// Text of an accepted range: "0 to 86400 s", "refuse or relay".
std::string option_range(const OptionRow& row);

}  // namespace lws_chat
