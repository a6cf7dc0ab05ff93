#include "lws/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lws/vhost.h"

namespace lws_chat {
namespace {

// How long a peer may take to accept what precedes the close frame.
constexpr int kFarewellSeconds = 5;

Time now() { return static_cast<Time>(lws_now_usecs()); }

lws_write_protocol lws_type(Opcode opcode, bool final) {
  int type = LWS_WRITE_CONTINUATION;
  switch (opcode) {
    case Opcode::kContinuation: break;
    case Opcode::kText: type = LWS_WRITE_TEXT; break;
    case Opcode::kBinary: type = LWS_WRITE_BINARY; break;
    case Opcode::kPing: type = LWS_WRITE_PING; break;
    case Opcode::kPong: type = LWS_WRITE_PONG; break;
    case Opcode::kClose: break;  // lws has no such type in public
  }
  return static_cast<lws_write_protocol>(final ? type : type | LWS_WRITE_NO_FIN);
}

}  // namespace

Connection::Connection(lws* wsi, VhostState& vhost)
    : wsi_(wsi),
      vhost_(&vhost),
      address_(wsi),
      over_http2_(lws_get_network_wsi(wsi) != wsi),
      batchable_(!over_http2_ && !lws_is_ssl(wsi)) {
  vhost.add(*this);
  lwsl_notice("lws-chat: vhost %s: %s joined, clients: %zu\n", vhost.name(), address_.text().c_str(),
              vhost.connections());
}

Connection::~Connection() = default;

void Connection::finish() {
  if (!vhost_) return;
  leave_hub();
  vhost_->remove(*this);
  log_end();
}

void Connection::log_end() const {
  lwsl_notice("lws-chat: vhost %s: %s left (%s), clients: %zu\n", vhost_->name(), address_.text().c_str(),
              reason().c_str(), vhost_->connections());
}

std::string Connection::reason() const {
  if (why_ != Status::kOk) {
    std::string text = why_in_words();
    return describe(why_).close_code ? std::to_string(close_code(why_)) + " " + text : text;
  }
  if (peer_code_) return "closed by the client with " + std::to_string(peer_code_);
  return "connection lost or protocol violated";
}

void Connection::receive(const char* bytes, size_t size) {
  if (state_ != State::kOpen) return;
  if (!paused_) alive();
  size_t known = buffer_.size() + size + lws_remaining_packet_payload(wsi_);
  if (known > vhost_->options().max_message) return close(Status::kMessageTooBig);
  bool complete = lws_is_final_fragment(wsi_) && !lws_remaining_packet_payload(wsi_);
  bool binary = lws_frame_is_binary(wsi_);
  if (complete && buffer_.empty()) return accept(binary, {bytes, size});
  buffer_.reserve(known);
  buffer_.append(bytes, size);
  if (!complete) return;
  std::string whole = std::move(buffer_);
  buffer_ = std::string();
  accept(binary, whole);
}

void Connection::published() { vhost_->shared_hub().schedule_flush(lws_get_socket_fd(lws_get_network_wsi(wsi_))); }

bool Connection::limit_rate(uint64_t count) {
  if (state_ != State::kOpen) return true;
  Time at = now();
  const RateLimit::Settings& rate = vhost_->message_rate();
  Time wait = rate_.note(rate, at, count);
  if (wait == 0) return true;
  if (over_http2_) {
    // Pausing a stream of HTTP/2 makes lws collect what comes instead of shutting the peer's window.
    if (wait > rate.tolerance) close(Status::kTooFast);
    return true;
  }
  read_again_at_ = at + wait;
  // Not here: lws 4.1 spins when a TLS connection is paused while it still holds decrypted bytes.
  if (!paused_) lws_set_timer_usecs(wsi_, 1);
  return false;
}

void Connection::hold_input(bool hold) {
  held_ = hold;
  if (over_http2_) return;
  if (hold && !paused_) lws_set_timer_usecs(wsi_, 1);
  if (!hold && read_again_at_ <= now()) resume_reading();
  if (!paused_) return;
  // Still paused by its rate: see pause_reading().
  if (hold)
    vhost_->heard(*this);
  else
    vhost_->forget(*this);
}

// The peer feels a pause as TCP's backpressure. Its pongs are not read either, so it is not watched, unless the
// pause waits for the peer itself.
void Connection::pause_reading() {
  if (paused_) return;
  paused_ = true;
  ++vhost_->hub().counters().pauses;
  lws_rx_flow_control(wsi_, 0);
  if (!held_ && !awaited_) vhost_->forget(*this);
}

void Connection::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  lws_rx_flow_control(wsi_, 1);
  if (state_ == State::kOpen && !awaited_) vhost_->heard(*this);
}

void Connection::timer() {
  if (state_ != State::kOpen) return resume_reading();
  Time left = read_again_at_ - now();
  if (left > 0) lws_set_timer_usecs(wsi_, left);
  if (left > 0 || held_) return pause_reading();
  resume_reading();
  go_on();
}

bool Connection::writeable() {
  if (state_ == State::kFarewell) return say_farewell();
  if (state_ != State::kOpen) return true;
  // The peer has taken something of what was waiting: it lives, even if its pong is still queued.
  // Over HTTP/2 the callback says nothing of the peer.
  if (pinged && !over_http2_) vhost_->heard(*this);
  may_write_ = true;
  go_on();
  may_write_ = false;
  return true;
}

void Connection::pong() {
  if (state_ == State::kOpen) alive();
}

bool Connection::peer_closes(unsigned code) {
  bool answers_ours = state_ == State::kCloseSent;
  peer_code_ = code;
  closing();
  return !answers_ours;
}

void Connection::closing() {
  state_ = State::kClosing;
  leave_hub();
}

void Connection::orphan() {
  closing();
  vhost_->remove(*this);
  vhost_ = nullptr;
}

void Connection::kill(Status why) {
  if (state_ == State::kClosing) return;
  if (why_ == Status::kOk && why != Status::kOk) {
    why_ = why;
    ++vhost_->hub().counters().of(why);
  }
  closing();
  // Closing another connection inline is not safe in lws: it is done from the event loop.
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

bool Connection::can_write() {
  if (state_ != State::kOpen) return false;
  if (!over_http2_) return !lws_partial_buffered(wsi_);
  if (may_write_) return true;
  // HTTP/2 frames may only be written one in a writeable callback. lws tells nothing of the windows
  // that the peer has opened for a WebSocket, and does not keep to them either.
  lws_callback_on_writable(wsi_);
  return false;
}

size_t Connection::write(Client* client, std::string_view frames) {
  if (!over_http2_) {
    UringBatch* batch = client && batchable_ ? vhost_->shared_hub().batch() : nullptr;
    if (batch) {
      batch->add(*this, lws_get_socket_fd(wsi_), frames);
      gathered_ = client;
      client->set_gathered(true);
      return frames.size();
    }
    if (write_raw(frames)) return frames.size();
  } else {
    may_write_ = false;
    Frame frame = first_frame(frames);
    if (write_frame(frame.opcode, frame.final, frame.payload)) return frame.size;
  }
  kill(Status::kOk);
  return 0;
}

// What the kernel did not take is lws's to send when it can.
void Connection::batch_sent(std::string_view bytes, int sent) {
  Client& client = *gathered_;
  gathered_ = nullptr;
  client.set_gathered(false);
  if (state_ == State::kClosing) return;
  if (sent < 0 && sent != -EAGAIN && sent != -EINTR && sent != -ENOBUFS) return kill(Status::kOk);
  bytes.remove_prefix(static_cast<size_t>(std::max(sent, 0)));
  if (!bytes.empty() && !write_raw(bytes)) return kill(Status::kOk);
  // One piece of a stream fits a batch; there may be another.
  if (state_ == State::kOpen && client.behind()) vhost_->hub().pump(client, now());
}

// Past lws's framing; lws does not touch the bytes in this mode.
bool Connection::write_raw(std::string_view frames) {
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(frames.data()));
  return lws_write(wsi_, bytes, frames.size(), LWS_WRITE_HTTP) >= 0;
}

// One frame of at most kMaxFrame. Over HTTP/2 it needs lws's framing, and room before the payload.
bool Connection::write_frame(Opcode opcode, bool final, std::string_view payload) {
  if (!over_http2_) return write_raw(make_frame(opcode, final, payload));
  std::array<unsigned char, LWS_PRE + kMaxFrame> buffer;
  std::memcpy(buffer.data() + LWS_PRE, payload.data(), payload.size());
  return lws_write(wsi_, buffer.data() + LWS_PRE, payload.size(), lws_type(opcode, final)) >= 0;
}

void Connection::close(Status why, uint64_t lag, std::string last_frames, const char* detail) {
  if (state_ != State::kOpen) return;
  state_ = State::kFarewell;
  why_ = why;
  lag_ = lag;
  detail_ = detail;
  ++vhost_->hub().counters().of(why);
  leave_hub();
  vhost_->forget(*this);
  buffer_ = std::move(last_frames);
  resume_reading();
  if (why == Status::kSlow) vhost_->shared_hub().note_slow(lag);
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_SEND, kFarewellSeconds);
  lws_callback_on_writable(wsi_);
}

bool Connection::say_farewell() {
  if (lws_partial_buffered(lws_get_network_wsi(wsi_))) {
    // lws closes without a close frame while it still holds bytes to send.
    lws_callback_on_writable(wsi_);
    return true;
  }
  if (!buffer_.empty()) {
    lws_callback_on_writable(wsi_);
    if (!over_http2_) return write_raw(std::exchange(buffer_, std::string()));
    Frame frame = first_frame(buffer_);
    bool written = write_frame(frame.opcode, frame.final, frame.payload);
    buffer_.erase(0, frame.size);
    return written;
  }
  state_ = State::kCloseSent;
  std::string payload = close_payload();
  if (over_http2_) {
    auto* text = reinterpret_cast<unsigned char*>(payload.data()) + 2;
    lws_close_reason(wsi_, static_cast<lws_close_status>(close_code(why_)), text, payload.size() - 2);
    return false;
  }
  // Not by lws_close_reason(): where lws is built with _DEBUG, as Debian's is, its libuv loop drops an
  // HTTP/1.1 connection at once that a callback wants closed.
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_ACK, kFarewellSeconds);
  return write_frame(Opcode::kClose, true, payload);
}

// At most 123 bytes.
std::string Connection::why_in_words() const {
  std::string text(describe(why_).text);
  if (detail_[0] != '\0') text.append(": ").append(detail_);
  if (why_ == Status::kSlow) text += ": " + std::to_string(lag_) + " bytes behind";
  if (why_ == Status::kMessageTooBig) text += ": more than " + std::to_string(vhost_->options().max_message) + " bytes";
  return text;
}

// RFC 6455 section 5.5.1: the code in network order, then a reason.
std::string Connection::close_payload() const {
  unsigned code = close_code(why_);
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  // 1000 says it all; the structured dialect's clients look at a code above that only when there is a reason.
  if (code != 1000) payload += why_in_words();
  return payload;
}

}  // namespace lws_chat
