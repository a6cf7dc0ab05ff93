#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"

// The table of all options. To add an option:
//   1. add a member to Options, HubSettings or RoomSettings: a typed value with its unit;
//   2. add a row to the table that names the member;
//   3. use the member.
// The rest follows from the row: the parser and its errors, namespaces, the comparison of vhosts that share a hub,
// --check and --options of lws-chatd, and the manual page (tests/support/check-options writes it).
namespace lws_chat {

enum class OptionType { kText, kFlag, kNumber, kChoice, kList };

// Vhosts that share a hub must agree on options of the hub and of rooms. A namespace can set options of rooms.
enum class OptionScope { kVhost, kHub, kRoom };

struct OptionRow {
  std::string_view name;
  OptionType type;
  std::string_view unit;      // of a number: "bytes", "ms", "s" or the thing counted; of a list: its items
  std::string_view fallback;  // the default, as in a configuration file
  uint64_t min;               // of a number, in its unit
  uint64_t max;
  std::string_view choices;  // of a choice: the words, separated by '|'
  OptionScope scope;
  std::string_view help;  // a few sentences without markup

  // set() parses the text. It returns an empty string, or what is wrong and what was expected. get() prints the value.
  // Options of rooms have the functions for RoomSettings, other options those for Options.
  std::function<std::string(Options&, std::string_view)> set{};
  std::function<std::string(const Options&)> get{};
  std::function<std::string(RoomSettings&, std::string_view)> set_in_room{};
  std::function<std::string(const RoomSettings&)> get_in_room{};
  std::function<void(const RoomSettings& from, RoomSettings& to)> copy{};
};

const std::vector<OptionRow>& option_table();

// True for options among ours that lws reads itself.
bool is_lws_option(std::string_view name);

// Returns the row of an option, or of an option of a namespace ("typing/history-size"). nullptr: there is none.
const OptionRow* find_option(std::string_view name);

// Returns the option with the name nearest to a mistyped one, in the same namespace. Empty: none is near.
std::string nearest_option(std::string_view name);

// Returns the accepted values as text: "0 to 86400 s", "refuse or relay".
std::string option_range(const OptionRow& row);

}  // namespace lws_chat
