#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.h"

// Turns the text of an option into a value. Each function returns an empty string, or what is wrong and what was
// expected. In the second case it does not change the value.
namespace lws_chat {

[[nodiscard]] std::string set_flag(bool& flag, std::string_view value);
[[nodiscard]] std::string set_number(uint64_t& number, std::string_view value, const OptionRow& row);

// The text counts `unit`, which is in microseconds.
[[nodiscard]] std::string set_duration(Time& duration, std::string_view value, const OptionRow& row, Time unit);

[[nodiscard]] std::string set_text(std::string& text, std::string_view value);
[[nodiscard]] std::string set_pattern(std::string& pattern, std::string_view value);

// A URL's path as a request has it: absolute, without a query. An optional path may be empty.
[[nodiscard]] std::string set_path(std::string& path, std::string_view value);
[[nodiscard]] std::string set_optional_path(std::string& path, std::string_view value);

// The URL of a document to fetch: http:// or https://. It may be empty.
[[nodiscard]] std::string set_url(std::string& url, std::string_view value);

[[nodiscard]] std::string set_room(std::string& room, std::string_view value);

// URLs as messages may show them: a password in one is wrong, and must not get into a log.
std::string without_passwords(std::string_view urls);

// The first part of names in Redis.
[[nodiscard]] std::string set_redis_prefix(std::string& prefix, std::string_view value);

// The place of a word among the words of a choice, and the word at a place.
std::optional<size_t> place_of_choice(const OptionRow& row, std::string_view word);
std::string_view choice_at(const OptionRow& row, size_t place);

// A URL of a back end, or nothing.
[[nodiscard]] std::string set_hook_url(std::string& url, std::string_view value);

// Rules with semicolons between them.
[[nodiscard]] std::string set_hook_statuses(std::vector<HookStatusRule>& rules, std::string_view value);

// Lists with blanks or commas between the items.
[[nodiscard]] std::string set_origins(Origins& origins, std::string_view value);
[[nodiscard]] std::string set_allowed_hosts(AllowedHosts& allowed, std::string_view value);
[[nodiscard]] std::string set_addresses(std::vector<AddressRange>& ranges, std::string_view value);
[[nodiscard]] std::string set_cookie_name(std::string& name, std::string_view value);
[[nodiscard]] std::string set_header_names(std::vector<std::string>& names, std::string_view value);

}  // namespace lws_chat
