// The table of services for other code in the process: lws-chat.h.
#include <algorithm>

#include "core/utf8.h"
#include "lws-chat.h"
#include "lws/callback.h"
#include "lws/guard.h"
#include "lws/vhost/registry.h"
#include "lws/vhost/vhost.h"
#include "lws/ws/compression.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

// From any thread.
int put_into_inbox(lws_vhost* vhost, std::string_view room, std::string_view payload, Format format) {
  if (!is_room_name(room)) return LWS_CHAT_BAD_ROOM;
  int result = LWS_CHAT_NO_SERVICE;
  registry::with(vhost, [&](VhostState& state) {
    const Options& options = state.options();
    bool wake = false;
    if (!state.serves()) return;
    if (payload.size() > options.max_message)
      result = LWS_CHAT_TOO_BIG;
    else if (format == Format::kBinary && options.binary == BinaryPolicy::kRefuse)
      result = LWS_CHAT_BAD_MESSAGE;
    else
      result = state.inbox().put(room, payload, format, wake) ? LWS_CHAT_OK : LWS_CHAT_BUSY;
    if (wake) lws_cancel_service(state.context());
  });
  return result;
}

int publish_text(lws_vhost* vhost, const char* room, std::string_view text) {
  if (!is_utf8(text)) return LWS_CHAT_BAD_MESSAGE;
  return put_into_inbox(vhost, room, text, Format::kText);
}

int publish_json(lws_vhost* vhost, const char* room, std::string_view text) {
  JsonValue value;
  if (!is_utf8(text) || !read_json(text, value)) return LWS_CHAT_BAD_MESSAGE;
  return put_into_inbox(vhost, room, value.text, Format::kJson);
}

int publish(lws_vhost* vhost, const char* room, std::string_view payload, lws_chat_format format) {
  if (!room) return LWS_CHAT_BAD_ROOM;
  switch (format) {
    case LWS_CHAT_TEXT: return publish_text(vhost, room, payload);
    case LWS_CHAT_BINARY: return put_into_inbox(vhost, room, payload, Format::kBinary);
    case LWS_CHAT_JSON: return publish_json(vhost, room, payload);
  }
  return LWS_CHAT_BAD_MESSAGE;
}

int tell_of_room(VhostState& vhost, std::string_view name, lws_chat_room_stats& stats) {
  const Room* room = vhost.hub().find(name);
  if (!room) return LWS_CHAT_NO_ROOM;
  const History& history = room->history();
  stats = {room->members().size(), static_cast<unsigned long>(history.top()), {}, history.count(), history.bytes()};
  room->epoch().copy(stats.epoch, sizeof stats.epoch - 1);
  return LWS_CHAT_OK;
}

int room_stats(lws_vhost* vhost, std::string_view room, lws_chat_room_stats& stats) {
  if (!is_room_name(room)) return LWS_CHAT_BAD_ROOM;
  int result = LWS_CHAT_NO_SERVICE;
  registry::with(vhost, [&](VhostState& state) {
    if (state.serves()) result = tell_of_room(state, room, stats);
  });
  return result;
}

// A failure of one vhost does not keep the others from it.
void drain(lws_context* context) {
  registry::each(context, [](VhostState& vhost) { guarded("drain", [&] { vhost.drain().begin(); }); });
  // lws's loop looks at its timers only when something wakes it, and this call comes from outside.
  if (context) lws_cancel_service(context);
}

void reload(lws_context* context) {
  registry::each(context, [](VhostState& vhost) { guarded("reload", [&] { vhost.reload(); }); });
}

unsigned drain_seconds(lws_context* context) {
  Time longest = 0;
  registry::each(context, [&](VhostState& vhost) {
    if (vhost.connections().size() > 0) longest = std::max(longest, vhost.options().drain_time);
  });
  return static_cast<unsigned>(longest / LWS_US_PER_SEC);
}

template <typename Count>
size_t sum(lws_context* context, Count&& count) {
  size_t all = 0;
  registry::each(context, [&](VhostState& vhost) { all += count(vhost); });
  return all;
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

// C calls the functions of the table, so no exception may leave them.

void op_drain(lws_context* context) noexcept {
  guarded("drain", [=] { drain(context); });
}

size_t op_connections(lws_context* context) noexcept {
  return guarded("connections", size_t{0},
                 [=] { return sum(context, [](VhostState& vhost) { return vhost.connections().size(); }); });
}

// A server that cannot tell does not start.
size_t op_misconfigured(lws_context* context) noexcept {
  return guarded("misconfigured", size_t{1},
                 [=] { return sum(context, [](VhostState& vhost) { return vhost.misconfigured() ? size_t{1} : 0; }); });
}

int op_publish(lws_vhost* vhost, const char* room, const void* data, size_t size, lws_chat_format format) noexcept {
  std::string_view payload(static_cast<const char*>(data), size);
  return guarded("publish", int{LWS_CHAT_NO_MEMORY}, [=] { return publish(vhost, room, payload, format); });
}

int op_room_stats(lws_vhost* vhost, const char* room, lws_chat_room_stats* stats) noexcept {
  if (!room) return LWS_CHAT_BAD_ROOM;
  return guarded("room_stats", int{LWS_CHAT_NO_MEMORY}, [=] { return room_stats(vhost, room, *stats); });
}

void op_reload(lws_context* context) noexcept {
  guarded("reload", [=] { reload(context); });
}

unsigned op_drain_seconds(lws_context* context) noexcept {
  return guarded("drain_seconds", 0U, [=] { return drain_seconds(context); });
}

void op_certificate_expires(lws_vhost* vhost, unsigned long unix_seconds) noexcept {
  guarded("certificate_expires", [=] { registry::set_certificate_expiry(vhost, unix_seconds); });
}

const lws_extension* op_extensions() noexcept { return compression_extensions(); }

}  // namespace
}  // namespace lws_chat

const struct lws_chat_ops lws_chat_ops = {
    LWS_CHAT_OPS_VERSION,      LWS_CHAT_VERSION,           LWS_LIBRARY_VERSION,        lws_chat::op_drain,
    lws_chat::op_connections,  lws_chat::op_misconfigured, lws_chat::op_publish,       lws_chat::op_room_stats,
    lws_chat::describe_result, lws_chat::op_reload,        lws_chat::op_drain_seconds, lws_chat::op_certificate_expires,
    lws_chat::op_extensions,
};
