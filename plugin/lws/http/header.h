#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

namespace lws_chat {

// Whether the request came over HTTP/2, as a stream of another connection.
inline bool over_http2(lws* wsi) { return lws_get_network_wsi(wsi) != wsi; }

// The values of fields come without the blanks around them (RFC 9110 section 5.5); lws leaves those behind them.
//
// A field that is not there may have been sent: in lws 4.1 to 5.0 a field whose name is a proper prefix of one that
// lws knows, as "X: a", swallows the field behind it, because lws looks for the colon in the wrong state and reads on
// to the next one. Whoever may add a field to a request, as a client of a reverse proxy that puts its own fields behind
// those, may so hide any of them: X-Forwarded-For, Authorization, Content-Length, Host. So nothing may be granted
// because a field is missing:
//   Authorization, X-API-Key   missing: 401
//   Content-Length             missing: 411 where there has to be a body; else the connection ends with the answer
//   X-Forwarded-For            missing: the client of a trusted proxy is nobody; what a proxy passes on is no admin's
//   Sec-WebSocket-*            missing: no upgrade
//   Host                       missing: no origin is the server's own
//   Origin                     missing: allowed, because only browsers can be made to connect for somebody else. They
//                              send no field of a page's choice with a WebSocket or an EventSource, and none to another
//                              site by fetch() unless we say so to an OPTIONS; and of those that they send by
//                              themselves none is such a prefix.

// A field of the request; empty if it is not there.
std::string header(lws* wsi, lws_token_indexes token);

// The path that is asked for: decoded by lws, without the query; without scheme and host, if they were named as in
// "GET http://host/path" (RFC 9112 section 3.2.2).
std::string target_path(lws* wsi);

// The host and port that are asked for: by the target, if it names them, else by Host or :authority.
std::string target_host(lws* wsi);

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
