#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lws_chat {

// What a token says, in plain words, a claim a line. Nothing of it is checked. Empty: it has no readable claims.
std::string describe_token(std::string_view token, int64_t now);

// True if a token is for a subscription, by its own words.
bool is_subscription_token(std::string_view token);

}  // namespace lws_chat
