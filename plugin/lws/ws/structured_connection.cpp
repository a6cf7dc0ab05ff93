#include "lws/ws/structured_connection.h"

#include <algorithm>

#include "core/utf8.h"
#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/http/forwarded.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

StructuredConnection::StructuredConnection(lws* wsi, VhostState& vhost, Encoding encoding, bool compresses)
    : WebSocket(wsi, vhost, structured_kind(encoding, false, false), compresses),
      headers_(fields_to_forward(wsi, vhost.options().hooks.forwarded_headers)),
      binary_(encoding == Encoding::kProtobuf),
      session_(vhost.hub(), vhost.shared_hub().sessions(), vhost.door().doorman(), vhost.options(), *this, encoding) {
  vhost.watch().await(*this);
}

StructuredConnection::~StructuredConnection() { end_and_log(); }

void StructuredConnection::accept(bool binary, std::string_view payload) {
  if (binary_ && !binary) return close({Status::kBadRequest, 0, "a text message, but the client asked for protobuf"});
  if (binary && !binary_) return close({Status::kUnsupportedData});
  if (!binary && !is_utf8(payload)) return close({Status::kInvalidText});
  session_.receive(payload, now());
  published();
  expect_more();
}

void StructuredConnection::go_on() {
  session_.resume(now());
  expect_more();
}

// A long recovery goes on in another turn of the loop. Over HTTP/2 ready() asks for one.
void StructuredConnection::expect_more() {
  if (session_.behind() && ready()) ask_to_write();
}

// The protocol's clients expect pings at their interval, whatever else they are sent: so only the answer to a ping
// starts the interval anew. While replies wait, a client shows that it reads only by taking them. Over HTTP/2 nothing
// shows that.
void StructuredConnection::alive() {
  if (pinged && (over_http2() || !session_.owes())) vhost().watch().heard(*this);
}

Time StructuredConnection::now() { return lws_chat::now(); }

void StructuredConnection::note_denial(const Denial& denial) { Connection::note_denial(denial); }

int64_t StructuredConnection::unix_ms() { return lws_chat::unix_ms(); }

Origin StructuredConnection::origin() const { return origin_of_peer(); }

void StructuredConnection::connected() { vhost().watch().heard(*this); }

void StructuredConnection::ping() { session_.ping(); }

// Only who takes what is sent can be told.
void StructuredConnection::unanswered() {
  if (over_http2() || can_write()) return close({Status::kNoPong});
  drop(Status::kNoPong);
}

void StructuredConnection::drain(Status why) { session_.end_after_head(why, now()); }

void StructuredConnection::end_session() { session_.lost(now(), departure()); }

// One command never costs more than the client may send at once, so it is never too much.
bool StructuredConnection::allow(uint64_t cost) { return limit_rate(std::min(cost, vhost().options().message_burst)); }

size_t StructuredConnection::write(Client* subscription, std::string_view frames) {
  return Connection::write(subscription, frames);
}

void StructuredConnection::end(Ending ending, std::string last_frames) {
  if (!guarded("close", [&] { close(std::move(ending), std::move(last_frames)); })) drop(Status::kInternalError);
}

}  // namespace lws_chat
