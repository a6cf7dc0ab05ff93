#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

namespace lws_chat {

// A header of the request; empty if it is not there.
std::string header(lws* wsi, lws_token_indexes token);

// The part of that number of a header that lws keeps in parts, as the query.
std::string fragment(lws* wsi, lws_token_indexes token, int number);

// Whether there are so many and one more; one may be empty.
bool has_fragment(lws* wsi, lws_token_indexes token, int number);

// One that lws does not know by itself, by its name in lower case with the colon; HTTP/1.1 only.
std::string custom_header(lws* wsi, std::string_view name);

}  // namespace lws_chat
