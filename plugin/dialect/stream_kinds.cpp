#include "dialect/stream_kinds.h"

#include "dialect/centrifuge/proto_push.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/events/encoder.h"
#include "dialect/text/encoder.h"

namespace lws_chat {
namespace {

StreamKind kind(std::string_view dialect, Encode encode) { return {dialect, encode}; }

StreamKind structured(Encode encode, bool joins) {
  StreamKind row = kind("structured", encode);
  row.joins = joins;
  row.positions = row.recognized = true;
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
                                    structured(append_push, false),
                                    structured(append_push, true),
                                    events(),
                                    structured(append_proto_push, false),
                                    structured(append_proto_push, true)};
  return kinds;
}

}  // namespace lws_chat
