#include "lws/ws/text_connection.h"

#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

TextConnection::TextConnection(lws* wsi, VhostState& vhost)
    : WebSocket(wsi, vhost, kTextKind), session_(vhost.hub(), vhost.options(), *this) {
  alive();
}

TextConnection::~TextConnection() { finish(); }

void TextConnection::enter(std::string_view room) { session_.enter(room, now()); }

void TextConnection::accept(bool binary, std::string_view payload) {
  // After the close word nothing counts any more, also what came in the same piece.
  if (session_.leaving()) return;
  session_.receive({payload, binary ? Format::kBinary : Format::kText, {}, {}, false, unix_ms()}, now());
  if (!open()) return;
  published();
  limit_rate(1);
}

void TextConnection::go_on() {
  session_.resume(now());
  expect_more();
}

// Over HTTP/2 ready() asks for another callback by itself.
void TextConnection::expect_more() {
  if (session_.behind() && ready()) ask_to_write();
}

void TextConnection::alive() { vhost().watch().heard(*this); }

// RFC 6455 section 5.5.2. A whole frame may stand between any two frames of the stream, and lws
// queues it behind what it still holds. It is not empty, because lws does not report empty pongs.
void TextConnection::ping() {
  if (open() && !write_frame(Opcode::kPing, true, "?")) kill(Status::kNoPong);
}

void TextConnection::drain(Status why) { session_.part(why, now()); }

void TextConnection::leave_hub() { session_.lost(now()); }

void TextConnection::end(Ending ending, std::string last_frames) {
  if (!guarded("close", [&] { close(std::move(ending), std::move(last_frames)); })) kill(Status::kInternalError);
}

}  // namespace lws_chat
