#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"

// How the text of an option becomes a value. Each returns the empty string, or what is wrong and what was expected;
// the value is then as it was.
namespace lws_chat {

[[nodiscard]] std::string set_flag(bool& flag, std::string_view value);
[[nodiscard]] std::string set_number(uint64_t& number, std::string_view value, const OptionRow& row);
[[nodiscard]] std::string set_text(std::string& text, std::string_view value);

// A path of a URL, as it stands in the request: absolute, without query.
[[nodiscard]] std::string set_path(std::string& path, std::string_view value);
[[nodiscard]] std::string set_optional_path(std::string& path, std::string_view value);

[[nodiscard]] std::string set_room(std::string& room, std::string_view value);

// Lists, separated by blanks or commas.
[[nodiscard]] std::string set_origins(std::vector<std::string>& origins, std::string_view value);
[[nodiscard]] std::string set_server_names(std::vector<std::string>& names, std::string_view value);
[[nodiscard]] std::string set_addresses(std::string& ranges, std::string_view value);

std::string join(const std::vector<std::string>& words);

}  // namespace lws_chat
