#include "dialect/text/encoder.h"

#include "wire/frame.h"
#include "wire/json.h"

namespace lws_chat {

void append_text(FrameSink& sink, const Event& event) {
  const Message& message = event.message;
  if (message.format != Format::kJson || message.payload.front() != '"') return append_message(sink, message);
  append_message(sink, Message{unquoted({JsonKind::kString, message.payload})});
}

}  // namespace lws_chat
