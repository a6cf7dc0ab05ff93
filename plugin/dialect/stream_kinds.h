#pragma once

#include "core/log/stream_kind.h"
#include "dialect/centrifuge/encoding.h"

namespace lws_chat {

// The rows of stream_kinds().
enum : KindId {
  kTextKind,           // the text dialect
  kStructuredKind,     // the structured dialect in JSON
  kWatchingKind,       // the same, with joins and leaves
  kEventsKind,         // event streams
  kProtoKind,          // the structured dialect in protobuf
  kWatchingProtoKind,  // the same, with joins and leaves
};

// The kind that a client of the structured dialect reads.
inline KindId structured_kind(Encoding encoding, bool joins) {
  if (encoding == Encoding::kProtobuf) return joins ? kWatchingProtoKind : kProtoKind;
  return joins ? kWatchingKind : kStructuredKind;
}

// The kinds of streams that the dialects need, for a hub.
const StreamKinds& stream_kinds();

}  // namespace lws_chat
