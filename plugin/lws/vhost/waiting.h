#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "access/address_range.h"

namespace lws_chat {

// Connections of the process that have asked for nothing yet, or for nothing any more: neither a client nor with a
// request under way. lws's cost for the end of each grows with their number, so there may only be so many. Counted is
// where the plugin is the first protocol of the vhosts, as in lws-chatd; lwsws tells it neither of a connection's begin
// nor of its end.
namespace waiting {

enum class Verdict { kOk, kOldestDropped, kTooManyFromAddress };

// FILTER_NETWORK_CONNECTION: whether one more may come. Above `most` it takes the place of the one that has waited
// longest, which is dropped. 0 means no limit; `from_address` does not hold for Unix sockets
// and for peers in `exempt`.
Verdict arrives(int fd, uint64_t most, uint64_t from_address, const std::vector<AddressRange>& exempt);

// WSI_CREATE: lws has made this of the one that arrived last. Others are not counted.
void made(lws* wsi);

// It has become a client, or asked for something.
void served(lws* wsi);

// Its request is over, and it may ask for something else.
void idle(lws* wsi);

// WSI_DESTROY
void gone(lws* wsi);

// Number of waiting connections.
size_t count();

}  // namespace waiting
}  // namespace lws_chat
