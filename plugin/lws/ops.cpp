// The table of services for other code in the process: lws-chat.h.
#include "core/utf8.h"
#include "lws/callback.h"
#include "lws/guard.h"
#include "lws/vhost/vhost.h"
#include "wire/json.h"

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

int publish(lws_vhost* vhost, const char* room, std::string_view payload, lws_chat_format format) {
  if (!room) return LWS_CHAT_BAD_ROOM;
  switch (format) {
    case LWS_CHAT_TEXT: return publish_text(vhost, room, payload);
    case LWS_CHAT_BINARY: return VhostState::publish_from_outside(vhost, room, payload, Format::kBinary);
    case LWS_CHAT_JSON: return publish_json(vhost, room, payload);
  }
  return LWS_CHAT_BAD_MESSAGE;
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

// The table's functions are called by C, which no exception may reach.

void op_drain(lws_context* context) noexcept {
  guarded("drain", [=] { VhostState::drain_all(context); });
}

size_t op_connections(lws_context* context) noexcept {
  return guarded("connections", size_t{0}, [=] { return VhostState::count_connections(context); });
}

// A server that cannot tell does not start.
size_t op_misconfigured(lws_context* context) noexcept {
  return guarded("misconfigured", size_t{1}, [=] { return VhostState::count_misconfigured(context); });
}

int op_publish(lws_vhost* vhost, const char* room, const void* data, size_t size, lws_chat_format format) noexcept {
  std::string_view payload(static_cast<const char*>(data), size);
  return guarded("publish", int{LWS_CHAT_NO_MEMORY}, [=] { return publish(vhost, room, payload, format); });
}

int op_room_stats(lws_vhost* vhost, const char* room, lws_chat_room_stats* stats) noexcept {
  if (!room) return LWS_CHAT_BAD_ROOM;
  return guarded("room_stats", int{LWS_CHAT_NO_MEMORY}, [=] { return VhostState::room_stats(vhost, room, *stats); });
}

void op_reload(lws_context* context) noexcept {
  guarded("reload", [=] { VhostState::reload_all(context); });
}

unsigned op_drain_seconds(lws_context* context) noexcept {
  return guarded("drain_seconds", 0U, [=] { return VhostState::drain_seconds(context); });
}

void op_certificate_expires(lws_vhost* vhost, unsigned long unix_seconds) noexcept {
  guarded("certificate_expires", [=] { VhostState::certificate_expires(vhost, unix_seconds); });
}

}  // namespace
}  // namespace lws_chat

const struct lws_chat_ops lws_chat_ops = {
    LWS_CHAT_OPS_VERSION,      LWS_CHAT_VERSION,           LWS_LIBRARY_VERSION,        lws_chat::op_drain,
    lws_chat::op_connections,  lws_chat::op_misconfigured, lws_chat::op_publish,       lws_chat::op_room_stats,
    lws_chat::describe_result, lws_chat::op_reload,        lws_chat::op_drain_seconds, lws_chat::op_certificate_expires,
};
