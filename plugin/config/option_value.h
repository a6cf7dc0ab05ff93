#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.h"

// Turns the text of an option into a value. Each function returns an empty string, or what is wrong and what was
// expected; then the value is as it was.
namespace lws_chat {

[[nodiscard]] std::string set_flag(bool& flag, std::string_view value);
[[nodiscard]] std::string set_number(uint64_t& number, std::string_view value, const OptionRow& row);

// A number of `unit` microseconds.
[[nodiscard]] std::string set_duration(Time& duration, std::string_view value, const OptionRow& row, Time unit);

[[nodiscard]] std::string set_text(std::string& text, std::string_view value);

// A path of a URL, as it stands in the request: absolute, without query. An optional one may be empty.
[[nodiscard]] std::string set_path(std::string& path, std::string_view value);
[[nodiscard]] std::string set_optional_path(std::string& path, std::string_view value);

[[nodiscard]] std::string set_room(std::string& room, std::string_view value);

// The words of a choice: the place of one of them, and the one at a place.
std::optional<size_t> place_of_choice(const OptionRow& row, std::string_view word);
std::string_view choice_at(const OptionRow& row, size_t place);

// Lists, separated by blanks or commas.
[[nodiscard]] std::string set_origins(std::vector<std::string>& origins, std::string_view value);
[[nodiscard]] std::string set_server_names(std::vector<std::string>& names, std::string_view value);
[[nodiscard]] std::string set_addresses(std::vector<AddressRange>& ranges, std::string_view value);

}  // namespace lws_chat
