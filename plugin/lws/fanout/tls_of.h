#pragma once

#include <libwebsockets.h>

#include "lws/fanout/tls_output.h"

namespace lws_chat {

// The TLS state of a connection; nullptr if lws does TLS with another library than OpenSSL.
ssl_st* ssl_of(lws* wsi);

// A way out for a connection's TLS records. Is nothing if lws does TLS with another library than the OpenSSL of this
// plugin.
TlsOutput tls_output_of(lws* wsi);

}  // namespace lws_chat
