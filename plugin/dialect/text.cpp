#include "dialect/text.h"

#include "core/utf8.h"

namespace lws_chat {

Status receive_text(Hub& hub, Client& client, const Options& options, const Message& message, Time now) {
  if (message.binary && options.binary == BinaryPolicy::kRefuse) return Status::kUnsupportedData;
  // lws validates only where its context asks for it; one bad text relayed would close every reader.
  if (!message.binary && !is_utf8(message.payload)) return Status::kInvalidText;
  hub.publish(*client.room(), message, now);
  if (!message.binary && !options.close_word.empty() && message.payload == options.close_word)
    hub.dismiss_after_head(client, Status::kClosedOnRequest, now);
  return Status::kOk;
}

}  // namespace lws_chat
