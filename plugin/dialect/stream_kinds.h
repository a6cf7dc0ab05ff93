#pragma once

#include "core/log/stream_kind.h"
#include "dialect/centrifuge/encoding.h"

namespace lws_chat {

// The rows of stream_kinds().
enum : KindId {
  kTextKind,        // the text dialect
  kStructuredKind,  // the structured dialect in JSON
  kWatchingKind,    // the same, with joins and leaves
  kEventsKind,      // event streams
  // The structured dialect, for clients that have negotiated deltas. They begin with whole publications, and go on with
  // deltas.
  kWholeKind,
  kWholeWatchingKind,
  kDeltaKind,
  kDeltaWatchingKind,
  // All of the structured dialect in protobuf.
  kProtoKind,
  kProtoWatchingKind,
  kProtoWholeKind,
  kProtoWholeWatchingKind,
  kProtoDeltaKind,
  kProtoDeltaWatchingKind,
  kPackedKinds,  // the kinds above once more, in the same order, for clients that have negotiated compression
};

// The kind for the same readers, if they have negotiated compression.
inline KindId packed_kind(KindId kind) { return static_cast<KindId>(kPackedKinds + kind); }

// The kind that a client of the structured dialect joins.
inline KindId structured_kind(Encoding encoding, bool joins, bool deltas) {
  bool proto = encoding == Encoding::kProtobuf;
  KindId kind = proto ? deltas ? kProtoWholeKind : kProtoKind : deltas ? kWholeKind : kStructuredKind;
  return static_cast<KindId>(kind + joins);  // the row behind it is the same with joins
}

// Returns true if whoever joins that kind has negotiated deltas.
inline bool has_deltas(KindId joined) {
  KindId kind = joined >= kPackedKinds ? static_cast<KindId>(joined - kPackedKinds) : joined;
  return kind == kWholeKind || kind == kWholeWatchingKind || kind == kProtoWholeKind || kind == kProtoWholeWatchingKind;
}

// The kinds of streams that the dialects need, for a hub. Without a packer, packed kinds are sent the same as the
// others.
const StreamKinds& stream_kinds();

// The same with a packer, which must outlive the hub.
StreamKinds stream_kinds_with(Packer& packer);

}  // namespace lws_chat
