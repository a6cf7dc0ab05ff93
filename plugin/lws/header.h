#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

namespace lws_chat {

// Whether the request came over HTTP/2, as a stream of another connection.
inline bool over_http2(lws* wsi) { return lws_get_network_wsi(wsi) != wsi; }

// A header of the request; empty if it is not there.
std::string header(lws* wsi, lws_token_indexes token);

// The first of two headers that is there: HTTP/1.1 and HTTP/2 name some things differently.
std::string either_header(lws* wsi, lws_token_indexes h1, lws_token_indexes h2);

// The part of that number of a header that lws keeps in parts, as the query.
std::string fragment(lws* wsi, lws_token_indexes token, int number);

// Whether there are so many and one more; one may be empty.
bool has_fragment(lws* wsi, lws_token_indexes token, int number);

// One that lws does not know by itself, by its name in lower case with the colon; HTTP/1.1 only.
std::string custom_header(lws* wsi, std::string_view name);

// Adds a header to an answer's, which are written from `at` on, before `end`. Returns whether there was room.
[[nodiscard]] bool add_header(lws* wsi, const char* name, std::string_view value, unsigned char** at,
                              unsigned char* end);

}  // namespace lws_chat
