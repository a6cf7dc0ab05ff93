#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

namespace lws_chat {

// Returns true if the request came over HTTP/2, as a stream of another connection.
inline bool over_http2(lws* wsi) { return lws_get_network_wsi(wsi) != wsi; }

// Values of fields come without the blanks around them (RFC 9110 section 5.5). lws leaves those behind them.
//
// A field that is missing here may have been sent. In lws 4.1 to 5.0 a field whose name is a proper prefix of a known
// one, such as "X: a", swallows the field behind it: lws looks for the colon in the wrong state and reads on to the
// next one. So whoever may add a field to a request can hide any other: X-Forwarded-For, Authorization, Content-Length,
// Host. A client of a reverse proxy can, if the proxy puts its own fields behind those of the client. So nothing may be
// granted because a field is missing:
//   Authorization, X-API-Key   missing: 401
//   Content-Length             missing: 411 where there has to be a body; else the connection ends with the answer
//   X-Forwarded-For            missing: the client of a trusted proxy is nobody; a proxy never asks for an admin. The
//                              client of a proxy on this machine that is not trusted looks like this machine, see
//                              vhost/locality.h
//   Sec-WebSocket-*            missing: no upgrade
//   Host                       missing: no origin is the server's own
//   Origin                     missing: allowed, because only browsers can be made to connect for somebody else. With
//                              a WebSocket or an EventSource they send no field of a page's choice, and with fetch()
//                              none to another site unless an answer to OPTIONS allows it. None of the fields that
//                              they send by themselves is such a prefix.

// A field of the request; empty if it is missing.
std::string header(lws* wsi, lws_token_indexes token);

// The path of the request, decoded by lws, without the query, scheme and host ("GET http://host/path", RFC 9112 section
// 3.2.2).
std::string target_path(lws* wsi);

// The host and port of the request: those of the target if it names them, else those of Host or :authority.
std::string target_host(lws* wsi);

// The first of two fields that is not missing: HTTP/1.1 and HTTP/2 name some things differently.
std::string either_header(lws* wsi, lws_token_indexes h1, lws_token_indexes h2);

// A part of a field that lws keeps in parts, such as the query. Parts are numbered from 0.
std::string fragment(lws* wsi, lws_token_indexes token, int number);

// Returns true if there is a part of that number. It may be empty.
bool has_fragment(lws* wsi, lws_token_indexes token, int number);

// The value of an argument of the query: the first NAME=VALUE, decoded by lws. Empty: there is none.
std::string argument(lws* wsi, std::string_view name);

// A field that lws does not know, by its name in lower case with the colon. HTTP/1.1 only.
std::string custom_header(lws* wsi, std::string_view name);

// Returns true if a proxy says that it forwarded the request. A client of a proxy can hide that, see above.
bool was_forwarded(lws* wsi);

// Adds a field to the headers of an answer, which are written from `at` on, before `end`. Returns false if there is no
// place for it.
[[nodiscard]] bool add_header(lws* wsi, const char* name, std::string_view value, unsigned char** at,
                              unsigned char* end);

}  // namespace lws_chat
