#include "dialect/stream_kinds.h"

#include "dialect/centrifuge/reply.h"
#include "dialect/events/encoder.h"
#include "dialect/text/encoder.h"

namespace lws_chat {
namespace {

StreamKind kind(std::string_view dialect, Encode encode) { return {dialect, encode}; }

StreamKind structured(bool joins, Encode encode = append_push) {
  StreamKind row = kind("structured", encode);
  row.joins = joins;
  row.positions = row.recognized = true;
  return row;
}

StreamKind whole(bool joins) {
  StreamKind row = structured(joins, append_whole_push);
  row.next = joins ? kDeltaWatchingKind : kDeltaKind;
  return row;
}

StreamKind delta(bool joins) {
  StreamKind row = structured(joins, append_delta_push);
  row.patch = patch_data;
  return row;
}

StreamKind events() {
  StreamKind row = kind("events", append_event);
  row.positions = true;
  return row;
}

}  // namespace

const StreamKinds& stream_kinds() {
  static const StreamKinds kinds = {kind("text", append_text),
                                    structured(false),
                                    structured(true),
                                    events(),
                                    whole(false),
                                    whole(true),
                                    delta(false),
                                    delta(true)};
  return kinds;
}

}  // namespace lws_chat
