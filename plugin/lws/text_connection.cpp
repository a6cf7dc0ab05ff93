#include "lws/text_connection.h"

#include "dialect/reply.h"
#include "dialect/text.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/vhost.h"

namespace lws_chat {

TextConnection::TextConnection(lws* wsi, VhostState& vhost) : WebSocket(wsi, vhost, Dialect::kText) { alive(); }

void TextConnection::enter(std::string_view room) {
  Hub& hub = vhost().hub();
  Status status = hub.join(*this, room, hub.settings_of(room).replay, now(), origin_of_peer());
  // The rooms may have become too many since the upgrade was admitted.
  if (status != Status::kOk) close({status});
  // Others may want to know that it came.
  vhost().shared_hub().schedule_flush();
  if (behind() && ready()) ask_to_write();
}

TextConnection::~TextConnection() { finish(); }

// It has no name. Most are never asked for one, so it is made when somebody wants to know.
IdentityPtr TextConnection::identity() {
  if (!identity_) vhost().hub().introduce(*this, make_identity(vhost().hub().next_id(), {}, {}));
  return identity_;
}

void TextConnection::accept(bool binary, std::string_view payload) {
  // After the close word nothing counts any more, also what came in the same piece.
  if (leaving()) return;
  Message message{payload, binary ? Format::kBinary : Format::kText, {}, {}, false, unix_ms()};
  Status status = receive_text(vhost().hub(), *this, vhost().options(), message, now());
  if (status != Status::kOk) return close({status});
  published();
  limit_rate(1);
}

void TextConnection::go_on() {
  vhost().hub().pump(*this, now());
  // ready() asks for another callback over HTTP/2.
  if (behind() && ready()) ask_to_write();
}

void TextConnection::alive() { vhost().watch().heard(*this); }

// RFC 6455 section 5.5.2. A whole frame may stand between any two frames of the stream, and lws
// queues it behind what it still holds. It is not empty, because lws does not report empty pongs.
void TextConnection::ping() {
  if (open() && !write_frame(Opcode::kPing, true, "?")) kill(Status::kNoPong);
}

void TextConnection::drain(Status why) { vhost().hub().dismiss_after_head(*this, why, now()); }

void TextConnection::leave_hub() {
  if (!room()) return;
  vhost().hub().leave(*this, now(), Hub::Departure::kMayReturn);
  vhost().shared_hub().schedule_flush();
}

void TextConnection::dismissed(Ending ending, Time) {
  const std::string& reply = vhost().options().close_reply;
  bool answer = ending.why == Status::kClosedOnRequest && !reply.empty();
  auto end = [&] { close(std::move(ending), answer ? make_frame(Opcode::kText, true, reply) : std::string()); };
  if (!guarded("close", end)) kill(Status::kInternalError);
}

}  // namespace lws_chat
