#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lws_chat {

// Returns the claims of a token in plain words, one a line, and checks none of them. Empty: they cannot be read.
std::string describe_token(std::string_view token, int64_t now);

// True if a token is for a subscription, by its own words.
bool is_subscription_token(std::string_view token);

}  // namespace lws_chat
