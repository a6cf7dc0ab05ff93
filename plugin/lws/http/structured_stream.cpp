#include "lws/http/structured_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/release.h"
#include "core/utf8.h"
#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/http/emulated_sessions.h"
#include "lws/http/http_body.h"
#include "lws/vhost/vhost.h"
#include "wire/json.h"

namespace lws_chat {

StructuredStream::StructuredStream(lws* wsi, VhostState& vhost, TextFormat format, Caller caller, std::string commands)
    : EndlessAnswer(wsi, vhost, structured_kind(caller.encoding, false, false), caller.address, std::move(caller.page)),
      format_(format),
      text_(format),
      headers_(std::move(caller.headers)),
      commands_(std::move(commands)),
      id_(vhost.hub().next_id()),
      session_(vhost.hub(), vhost.shared_hub().sessions(), vhost.door().doorman(), vhost.options(), *this, encoding()),
      charge_(vhost.hub().memory().input),
      heard_(lws_chat::now()) {
  charge_.set(commands_.size());
}

StructuredStream::~StructuredStream() { end_and_log(); }

int StructuredStream::begin() {
  if (EndlessAnswer::begin()) return -1;
  std::string commands = std::exchange(commands_, std::string());
  charge_.set(0);
  if (encoding() == Encoding::kJson && !is_utf8(commands))
    close({Status::kInvalidText});
  else
    session_.receive(commands, now());
  return 0;
}

const char* StructuredStream::content_type() const {
  switch (format_) {
    case TextFormat::kLines: return "application/x-ndjson";
    case TextFormat::kEvents: return "text/event-stream";
    case TextFormat::kProto: return "application/octet-stream";
  }
  return "";
}

std::string_view StructuredStream::transport() const { return format_ == TextFormat::kEvents ? "sse" : "http_stream"; }

uint64_t StructuredStream::max_message() const { return vhost().options().max_message; }

Deferred<bool> StructuredStream::take(std::string_view commands) {
  if (!open()) return false;
  // As with a WebSocket: while replies wait, a client shows that it reads only by taking them.
  if (asked_ && (over_http2() || !session_.owes())) {
    heard_ = now();
    asked_ = 0;
  }
  session_.receive(commands, now());
  expect_more();
  if (!open()) return true;
  if (reads() && !session_.waits()) return true;
  Promise<bool> may_send;
  waiting_.push_back(may_send);
  return may_send.deferred();
}

// `alive`: the session goes on, and takes commands again.
void StructuredStream::let_send(bool alive) {
  if (alive && (!reads() || session_.waits())) return;
  std::deque<Promise<bool>> waiting = std::exchange(waiting_, {});
  for (Promise<bool>& may_send : waiting) may_send.keep(alive);
}

void StructuredStream::go_on() {
  // The peer has taken the bytes that waited: it lives, even if it has not seen the ping yet.
  if (waited_ && !lws_partial_buffered(wsi())) {
    waited_ = false;
    if (asked_) asked_ = heard_ = now();
  }
  send_unsent();
  session_.resume(now());
  if (open()) let_send(true);
}

// Precondition: ready(), so nothing is unsent.
size_t StructuredStream::write(Client*, std::string_view frames) {
  size_t most = over_http2() ? kMaxPiece : std::numeric_limits<size_t>::max();
  size_t taken = 0;
  do {
    Frame frame = first_frame(frames.substr(taken));
    text_.append(unsent_, frame);
    taken += frame.size;
  } while (taken < frames.size() && unsent_.size() < most);
  send_unsent();
  return state() == State::kClosing ? 0 : taken;
}

void StructuredStream::send_unsent() {
  while (!unsent_.empty() && ready_to_write()) {
    size_t taken = Connection::write(nullptr, unsent_);
    if (taken == 0) return;  // the connection is broken
    unsent_.erase(0, taken);
  }
  waited_ = !over_http2() && lws_partial_buffered(wsi());
  if (unsent_.empty()) release(unsent_);
  charge_.set(unsent_.size());
}

bool StructuredStream::reads() { return !held_ && read_again_at_ <= now(); }

// One command never costs more than the client may send at once, so it is never too much.
bool StructuredStream::allow(uint64_t cost) {
  if (!open()) return true;
  Time at = now();
  Time wait = rate_.note(vhost().entrance().message_rate, at, std::min(cost, vhost().options().message_burst));
  if (wait == 0) return true;
  if (read_again_at_ <= at) ++vhost().hub().counters().pauses;
  read_again_at_ = at + wait;
  vhost().alarms().set(pace_, read_again_at_);
  return false;
}

void StructuredStream::Pace::ring() {
  auto resume = [&] {
    stream_.session_.resume(stream_.now());
    if (stream_.open()) stream_.let_send(true);
    stream_.expect_more();
  };
  if (stream_.open() && !guarded("pace", resume)) stream_.drop(Status::kInternalError);
}

Time StructuredStream::now() { return lws_chat::now(); }

int64_t StructuredStream::unix_ms() { return lws_chat::unix_ms(); }

std::string StructuredStream::emulation() const {
  return "\"session\":\"" + id_ + "\",\"node\":\"" + vhost().shared_hub().emulated().node() + '"';
}

void StructuredStream::connected() {
  connected_ = true;
  heard_ = now();
  vhost().shared_hub().emulated().add(id_, *this);
}

// PeerWatch calls this every two seconds. The protocol's clients expect pings at their interval, whatever else they are
// sent.
void StructuredStream::ping() {
  if (!open()) return;
  if (hung_up()) return drop(Status::kOk);
  vhost().watch().look_after(*this);
  const Options& options = vhost().options();
  Time at = now();
  if (!connected_) {
    if (at - heard_ >= options.pong_timeout && !session_.waiting()) close({Status::kStale});
    return;
  }
  if (asked_ && at - asked_ >= options.pong_timeout) return unanswered();
  if (asked_ || options.ping_interval == 0 || at - heard_ < options.ping_interval) return;
  asked_ = at;
  session_.ping();
  expect_more();
}

// A client whose answer was lost on its way learns why the stream ends.
void StructuredStream::unanswered() {
  if (over_http2() || ready()) return close({Status::kNoPong});
  drop(Status::kNoPong);
}

void StructuredStream::drain(Status why) { session_.end_after_head(why, now()); }

void StructuredStream::end(Ending ending, std::string last_frames) {
  if (!guarded("close", [&] { close(std::move(ending), std::move(last_frames)); })) drop(Status::kInternalError);
}

// There is no close code, so the reason is a push. It cannot stand within a message.
std::string StructuredStream::farewell(std::string last_frames) {
  std::string bytes = std::move(unsent_);
  text_.append_all(bytes, last_frames);
  if (code() == 0 || text_.within_message()) return bytes;
  std::string reason;
  append_quoted(reason, why_in_words());
  Replies push(encoding());
  push.add({"{\"push\":{\"disconnect\":{\"code\":", std::to_string(code()), ",\"reason\":", reason, "}}}"});
  std::string frames;
  FrameString sink(frames);
  push.append_to(sink);
  text_.append_all(bytes, frames);
  return bytes;
}

void StructuredStream::end_session() {
  vhost().turns().cancel(*this);
  pace_.cancel();
  vhost().shared_hub().emulated().remove(id_);
  session_.lost(now());
  charge_.set(0);
  (void)guarded("emulation", [&] { let_send(false); });
}

}  // namespace lws_chat
