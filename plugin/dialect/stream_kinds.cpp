#include "dialect/stream_kinds.h"

#include "dialect/centrifuge/proto_push.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/events/encoder.h"
#include "dialect/text/encoder.h"

namespace lws_chat {
namespace {

StreamKind kind(std::string_view dialect, Encode encode) { return {dialect, encode}; }

StreamKind structured(bool joins, Encode encode) {
  StreamKind row = kind("structured", encode);
  row.joins = joins;
  row.positions = row.recognized = true;
  return row;
}

StreamKind whole(bool joins, Encode encode, KindId next) {
  StreamKind row = structured(joins, encode);
  row.next = next;
  return row;
}

StreamKind delta(bool joins, Encode encode, Patch patch) {
  StreamKind row = structured(joins, encode);
  row.patch = patch;
  return row;
}

StreamKind events() {
  StreamKind row = kind("events", append_event);
  row.positions = true;
  return row;
}

StreamKinds kinds_with(Packer* packer) {
  StreamKinds kinds = {kind("text", append_text),
                       structured(false, append_push),
                       structured(true, append_push),
                       events(),
                       whole(false, append_whole_push, kDeltaKind),
                       whole(true, append_whole_push, kDeltaWatchingKind),
                       delta(false, append_delta_push, patch_data),
                       delta(true, append_delta_push, patch_data),
                       structured(false, append_proto_push),
                       structured(true, append_proto_push),
                       whole(false, append_proto_push, kProtoDeltaKind),
                       whole(true, append_proto_push, kProtoDeltaWatchingKind),
                       delta(false, append_proto_delta_push, patch_bytes),
                       delta(true, append_proto_delta_push, patch_bytes)};
  kinds.reserve(size_t{2} * kPackedKinds);
  for (KindId id = 0; id < kPackedKinds; ++id) {
    StreamKind packed = kinds[id];
    if (packed.next != kNoKind) packed.next = packed_kind(packed.next);
    packed.packer = packer;
    kinds.push_back(packed);
  }
  return kinds;
}

}  // namespace

const StreamKinds& stream_kinds() {
  static const StreamKinds kinds = kinds_with(nullptr);
  return kinds;
}

StreamKinds stream_kinds_with(Packer& packer) { return kinds_with(&packer); }

}  // namespace lws_chat
