#include "lws/http/http_upgrade.h"

#include "lws/http/header.h"
#include "wire/field.h"

namespace lws_chat {

// Reads the name from the headers: the callback's argument may be gone (CVE-2025-11677).
bool wants_websocket(lws* wsi) { return same_token(header(wsi, WSI_TOKEN_UPGRADE), "websocket"); }

// Ignores an offer of HTTP/2, as RFC 9110 section 7.8 allows. lws would take it although ALPN did not offer HTTP/2,
// whose faults in lws are many. It serves the request if the name is gone.
//
// lws answers any other name with 403 before it asks, and only then the argument may be gone: while the headers say
// h2c, it points into them.
int ignore_upgrade(lws* wsi, char* name) {
  if (!same_token(header(wsi, WSI_TOKEN_UPGRADE), "h2c")) return -1;
  *name = '\0';
  return 0;
}

}  // namespace lws_chat
