#pragma once

#include "core/log/stream_kind.h"

namespace lws_chat {

// The rows of stream_kinds().
enum : KindId {
  kTextKind,        // the text dialect
  kStructuredKind,  // the structured dialect
  kWatchingKind,    // the structured dialect, with joins and leaves
  kEventsKind,      // event streams
  // The structured dialect, for clients that have negotiated deltas. They begin with whole publications, and go on with
  // deltas.
  kWholeKind,
  kWholeWatchingKind,
  kDeltaKind,
  kDeltaWatchingKind,
};

// The kinds of streams that the dialects need, for a hub.
const StreamKinds& stream_kinds();

}  // namespace lws_chat
