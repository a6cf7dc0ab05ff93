#include "lws/ws/text_connection.h"

#include <utility>

#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/http/credentials.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

TextConnection::TextConnection(lws* wsi, VhostState& vhost, bool compresses)
    : WebSocket(wsi, vhost, kTextKind, compresses), session_(vhost.hub(), vhost.options(), *this, compresses) {
  alive();
}

TextConnection::~TextConnection() { end_and_log(); }

void TextConnection::enter(const std::string& room) {
  std::unique_ptr<Arrival> arrival;
  if (needs_arrival(wsi(), vhost(), room)) arrival = arrival_of(wsi(), vhost(), "websocket", "text", {room});
  session_.enter(room, now(), std::move(arrival));
}

int64_t TextConnection::unix_ms() { return lws_chat::unix_ms(); }

Time TextConnection::now() { return lws_chat::now(); }

void TextConnection::accept(bool binary, std::string_view payload) {
  // After the close word nothing counts, not even the rest of the same piece.
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

// Over HTTP/2 ready() asks for another callback.
void TextConnection::expect_more() {
  if (session_.behind() && ready()) ask_to_write();
}

void TextConnection::alive() { vhost().watch().heard(*this); }

// RFC 6455 section 5.5.2: a ping may stand between any two frames of the stream. lws queues it behind the bytes that it
// holds. It is not empty, because lws does not report empty pongs.
void TextConnection::ping() {
  if (open() && !write_frame(Opcode::kPing, true, "?")) drop(Status::kNoPong);
}

void TextConnection::drain(Status why) { session_.end_after_head(why, now()); }

void TextConnection::end_session() { session_.lost(now()); }

void TextConnection::end(Ending ending, std::string last_frames) {
  if (!guarded("close", [&] { close(std::move(ending), std::move(last_frames)); })) drop(Status::kInternalError);
}

}  // namespace lws_chat
