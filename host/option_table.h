#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lws_chat {

// How the table of the plugin's options is printed: for the README, or for a manual page, in mdoc(7).
enum class TableFormat { kMarkdown, kMan };

std::optional<TableFormat> parse_table_format(std::string_view text);

// All options with their ranges, defaults and meanings, in the order of the table.
std::string print_options(TableFormat format);

}  // namespace lws_chat
