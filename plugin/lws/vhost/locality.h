#pragma once

#include <vector>

#include "access/address_range.h"

struct lws;

namespace lws_chat {

// Where the client of a request is.
enum class Locality {
  kThisMachine,
  kElsewhere,
  kBehindStranger,  // behind a proxy on this machine that is not in trusted-proxies, so anywhere
};

// A connection comes from this machine if it comes over a Unix socket, from the loopback, or from the address that it
// goes to. If it comes from one of the `trusted_proxies`, the address that the proxy names must be such a one, too. A
// proxy that is not trusted and does not name its client either cannot be told from a program on this machine.
//
// To be called while lws has the request's headers.
Locality locality_of(lws* wsi, const std::vector<AddressRange>& trusted_proxies);

}  // namespace lws_chat
