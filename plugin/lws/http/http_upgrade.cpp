#include "lws/http/http_upgrade.h"

#include "lws/http/header.h"
#include "wire/field.h"

namespace lws_chat {

// The name is read from the headers and not from the callback's argument, which may be gone (CVE-2025-11677).
bool wants_websocket(lws* wsi) { return same_token(header(wsi, WSI_TOKEN_UPGRADE), "websocket"); }

// An offer of HTTP/2 is ignored, as RFC 9110 section 7.8 lets a server do. lws would take it, although ALPN did not
// offer HTTP/2, with all that is wrong with its HTTP/2; it serves the request when the name is no longer there.
//
// lws has answered any other name with 403 before it asks, and only then the argument may be gone: while the headers
// still say h2c it points to just that.
int ignore_upgrade(lws* wsi, char* name) {
  if (!same_token(header(wsi, WSI_TOKEN_UPGRADE), "h2c")) return -1;
  *name = '\0';
  return 0;
}

}  // namespace lws_chat
