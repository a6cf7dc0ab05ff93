#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "access/address_range.h"

namespace lws_chat {

// Connections of the process that wait: they are not a client, and have no request under way. Ending one gets slower
// with their number, so the number is limited. They are counted where the plugin is the first protocol of the
// vhosts, as in lws-chatd. lwsws tells the plugin neither of a connection's begin nor of its end.
namespace waiting {

enum class Verdict { kOk, kOldestDropped, kTooManyFromAddress };

// FILTER_NETWORK_CONNECTION: decides if one more may come. With `most` of them, it takes the place of the one that has
// waited longest, which is dropped. 0 means no limit. `from_address` does not hold for Unix sockets and for peers in
// `exempt`.
Verdict arrives(int fd, uint64_t most, uint64_t from_address, const std::vector<AddressRange>& exempt);

// WSI_CREATE: `wsi` is lws's object for the connection that last passed arrives(). Other objects are not counted.
void made(lws* wsi);

// The connection has become a client, or asked for something.
void served(lws* wsi);

// The request is over, and the connection may ask for something else.
void idle(lws* wsi);

// WSI_DESTROY
void gone(lws* wsi);

// Number of waiting connections.
size_t count();

}  // namespace waiting
}  // namespace lws_chat
