#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// Whether the text is an origin as RFC 6454 section 6.1 writes it: scheme, host, and perhaps a port.
bool is_origin(std::string_view origin);

// Why a word of allowed-origins is not right; empty: it is. Right are origins, * and null.
std::string origin_problem(std::string_view text);

// Whether a page of `origin` may connect to a server that the client addressed as `host` (the Host
// header, or :authority in HTTP/2), over TLS or not: it may if the origin's host and port are the
// request's own and its scheme is, or if `allowed` names the origin or is "*". localhost, 127.0.0.1 and [::1] count as
// one host. An absent Origin (empty) is allowed: it is not a browser's page. A `host` without port on
// a plain connection may have come through a proxy that does TLS, so it stands for both 80 and 443.
bool origin_allowed(std::string_view origin, std::string_view host, bool tls, const std::vector<std::string>& allowed);

}  // namespace lws_chat
