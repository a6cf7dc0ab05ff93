// The table of services for other code in the process: lws-chat.h.
#include <exception>

#include "core/utf8.h"
#include "dialect/json.h"
#include "lws/callback.h"
#include "lws/vhost.h"

namespace lws_chat {
namespace {

int publish_text(lws_vhost* vhost, const char* room, std::string_view text) {
  if (!is_utf8(text)) return LWS_CHAT_BAD_MESSAGE;
  return VhostState::publish_from_outside(vhost, room, text, Format::kText);
}

int publish_json(lws_vhost* vhost, const char* room, std::string_view text) {
  JsonValue value;
  if (!is_utf8(text) || !read_json(text, value)) return LWS_CHAT_BAD_MESSAGE;
  // In the structured dialect a line break ends a push.
  return VhostState::publish_from_outside(vhost, room, on_one_line(value.text), Format::kJson);
}

int publish(lws_vhost* vhost, const char* room, const void* data, size_t size, lws_chat_format format) noexcept {
  try {
    if (!room) return LWS_CHAT_BAD_ROOM;
    std::string_view payload(static_cast<const char*>(data), size);
    switch (format) {
      case LWS_CHAT_TEXT: return publish_text(vhost, room, payload);
      case LWS_CHAT_BINARY: return VhostState::publish_from_outside(vhost, room, payload, Format::kBinary);
      case LWS_CHAT_JSON: return publish_json(vhost, room, payload);
    }
    return LWS_CHAT_BAD_MESSAGE;
  } catch (const std::exception&) {
    return LWS_CHAT_NO_MEMORY;
  }
}

int room_stats(lws_vhost* vhost, const char* room, lws_chat_room_stats* stats) noexcept {
  return room ? VhostState::room_stats(vhost, room, *stats) : LWS_CHAT_BAD_ROOM;
}

const char* describe_result(int result) noexcept {
  switch (result) {
    case LWS_CHAT_OK: return "ok";
    case LWS_CHAT_NO_SERVICE: return "lws-chat is not enabled on this vhost";
    case LWS_CHAT_BAD_ROOM: return "not a room name";
    case LWS_CHAT_BAD_MESSAGE: return "the message is not what its format says, or binary where it is refused";
    case LWS_CHAT_TOO_BIG: return "the message is too big";
    case LWS_CHAT_BUSY: return "too much waits to be published";
    case LWS_CHAT_NO_MEMORY: return "no memory";
    case LWS_CHAT_NO_ROOM: return "no such room";
    default: return "unknown result";
  }
}

}  // namespace
}  // namespace lws_chat

const struct lws_chat_ops lws_chat_ops = {
    LWS_CHAT_OPS_VERSION,
    LWS_CHAT_VERSION,
    LWS_LIBRARY_VERSION,
    lws_chat::VhostState::drain_all,
    lws_chat::VhostState::count_connections,
    lws_chat::VhostState::count_misconfigured,
    lws_chat::publish,
    lws_chat::room_stats,
    lws_chat::describe_result,
    lws_chat::VhostState::reload_all,
    lws_chat::VhostState::drain_seconds,
    lws_chat::VhostState::certificate_expires,
};
