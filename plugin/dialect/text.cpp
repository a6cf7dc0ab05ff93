#include "dialect/text.h"

#include "core/utf8.h"
#include "dialect/frame.h"
#include "dialect/json.h"

namespace lws_chat {

Status receive_text(Hub& hub, Client& client, const Options& options, const Message& message, Time now) {
  bool binary = message.format == Format::kBinary;
  if (binary && options.binary == BinaryPolicy::kRefuse) return Status::kUnsupportedData;
  // lws validates only where its context asks for it; one bad text relayed would close every reader.
  if (!binary && !is_utf8(message.payload)) return Status::kInvalidText;
  IdentityPtr publisher = client.identity();
  std::string_view info = publisher ? std::string_view(publisher->json) : std::string_view();
  hub.publish(*client.room(), {message.payload, message.format, info, {}, false, message.unix_ms}, now);
  if (!binary && !options.close_word.empty() && message.payload == options.close_word)
    hub.dismiss_after_head(client, Status::kClosedOnRequest, now);
  return Status::kOk;
}

void append_text(FrameSink& sink, const Event& event) {
  const Message& message = event.message;
  if (message.format != Format::kJson || message.payload.front() != '"') return append_message(sink, message);
  append_message(sink, Message{unquoted({JsonKind::kString, message.payload})});
}

}  // namespace lws_chat
