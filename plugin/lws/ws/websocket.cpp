#include "lws/ws/websocket.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/utf8.h"
#include "lws/clock.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

// Time for a peer to accept what precedes the close frame, and then to answer it.
constexpr Time kFarewell = 5 * LWS_US_PER_SEC;

// RSV1 of a frame, as lws returns it.
constexpr unsigned kCompressedMark = 0x40;

// To inflate so many compressed bytes counts as a message.
constexpr size_t kInflatedForOne = 4096;

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

std::string network_order(unsigned code) { return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}; }

// RFC 6455 section 7.1.5: the code at the beginning of a close frame's body, 1005 if it is empty.
unsigned code_in(std::string_view body) {
  if (body.size() < 2) return 1005;
  return static_cast<unsigned>(static_cast<unsigned char>(body[0]) << 8 | static_cast<unsigned char>(body[1]));
}

// Returns the code that answers a wrong close frame, or 0 if the frame is right. lws has replaced codes below 5000 by
// 1002 if they are wrong, or newer than lws, such as 1012 to 1014.
unsigned close_fault(std::string_view body) {
  if (body.size() == 1 || code_in(body) >= 5000) return 1002;
  return body.size() > 2 && !is_utf8(body.substr(2)) ? 1007 : 0;
}

}  // namespace

void WebSocket::receive(const char* bytes, size_t size) {
  vhost().shared_hub().flush_if_late();
  if (!open()) return;
  if (!paused_) alive();
  if (compresses_ && !read_mark()) return close({Status::kBadRequest, 0, "a reserved bit is set"});
  size_t known = (unfinished_ ? unfinished_->size() : 0) + size + lws_remaining_packet_payload(wsi());
  if (known > most_bytes()) return close({Status::kMessageTooBig});
  bool complete = lws_is_final_fragment(wsi()) && !lws_remaining_packet_payload(wsi());
  bool binary = lws_frame_is_binary(wsi());
  if (complete && !unfinished_) return take(binary, {bytes, size});
  if (!unfinished_) unfinished_ = std::make_unique<UnfinishedMessage>(*this);
  unfinished_->append({bytes, size}, known);
  if (!complete) return;
  std::string whole = unfinished_->take();
  unfinished_.reset();
  take(binary, whole);
}

// RFC 7692 section 6: the first frame of a message says whether it is compressed. Returns false if another frame has
// the mark.
bool WebSocket::read_mark() {
  bool marked = (lws_get_reserved_bits(wsi()) & kCompressedMark) != 0;
  bool wrong = unfinished_ && frame_over_ && marked;
  if (!unfinished_) compressed_ = marked;
  frame_over_ = lws_remaining_packet_payload(wsi()) == 0;
  return !wrong;
}

// Of a message as it is sent. What cannot be compressed gets a little longer.
size_t WebSocket::most_bytes() const {
  size_t most = vhost().options().max_message;
  return compressed_ ? most + most / 1024 + 64 : most;
}

void WebSocket::take(bool binary, std::string_view payload) {
  if (!compressed_) return accept(binary, payload);
  inflate(binary, payload);
}

void WebSocket::inflate(bool binary, std::string_view payload) {
  std::string message;
  switch (vhost().shared_hub().inflater().inflate(message, payload, vhost().options().max_message)) {
    case Inflated::kOk: break;
    case Inflated::kBroken: return close({Status::kBadCompression});
    case Inflated::kTooLong: return close({Status::kMessageTooBig});
  }
  accept(binary, message);
  // Hostile blocks take up to 110 us for each KiB.
  uint64_t cost = payload.size() / kInflatedForOne;
  if (cost > 0) limit_rate(std::min(cost, vhost().options().message_burst));
}

void WebSocket::published() { vhost().shared_hub().came_from(lws_get_socket_fd(lws_get_network_wsi(wsi()))); }

bool WebSocket::limit_rate(uint64_t count) {
  if (!open()) return true;
  Time at = now();
  const RateLimit::Settings& rate = vhost().entrance().message_rate;
  Time wait = rate_.note(rate, at, count);
  if (wait == 0) return true;
  if (over_http2()) {
    // lws would collect the input of a paused HTTP/2 stream; it does not shut the peer's window.
    if (wait > rate.tolerance) close({Status::kTooFast});
    return true;
  }
  read_again_at_ = at + wait;
  // An alarm pauses the connection: lws 4.1 spins if a TLS connection is paused while it holds decrypted bytes.
  if (!paused_) wait_until(TimerWheel::kAtOnce);
  return false;
}

void WebSocket::hold_input(bool hold) {
  held_ = hold;
  if (over_http2()) return;
  if (hold && !paused_) wait_until(TimerWheel::kAtOnce);
  if (!hold && read_again_at_ <= now()) resume_reading();
  if (!paused_) return;
  // The rate still pauses it: see pause_reading().
  if (hold)
    vhost().watch().heard(*this);
  else
    vhost().watch().stop(*this);
}

// The peer feels a pause as TCP's backpressure. Its pongs are not read either, so it is not watched, unless the pause
// waits for the peer itself.
void WebSocket::pause_reading() {
  if (paused_) return;
  ++vhost().hub().counters().pauses;
  stop_reading();
  if (!held_ && watch() != Watch::kAwait) vhost().watch().stop(*this);
}

void WebSocket::stop_reading() {
  if (paused_) return;
  paused_ = true;
  lws_rx_flow_control(wsi(), 0);
}

void WebSocket::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  lws_rx_flow_control(wsi(), 1);
  if (open() && watch() != Watch::kAwait) vhost().watch().heard(*this);
}

// Time to pause, or to read on; or the peer has taken too long for the close.
void WebSocket::time_is_up() {
  if (!open()) return drop(Status::kOk);
  bool too_early = read_again_at_ > now();
  if (too_early) wait_until(read_again_at_);
  if (too_early || held_) return pause_reading();
  resume_reading();
  go_on();
}

bool WebSocket::writeable() {
  if (state() == State::kFarewell) return say_farewell();
  if (!open()) return true;
  // The peer has taken some of the bytes that waited: it lives, even if its pong is still queued. Over HTTP/2 the
  // callback says nothing about the peer.
  if (pinged && !over_http2()) vhost().watch().heard(*this);
  set_may_write(true);
  go_on();
  set_may_write(false);
  return true;
}

void WebSocket::received_pong() {
  if (!open()) return;
  if (lws_get_reserved_bits(wsi()) != 0) return close({Status::kBadRequest, 0, "a reserved bit is set"});
  alive();
}

bool WebSocket::peer_closes(std::string_view body) {
  bool answers_ours = state() == State::kCloseSent;
  // A message before the close frame may have made something for this client, such as its own text.
  if (open() && !over_http2()) go_on();
  set_peer_code(code_in(body));
  unsigned fault = answers_ours ? 0 : lws_get_reserved_bits(wsi()) != 0 ? 1002 : close_fault(body);
  bool alive = state() != State::kClosing;
  closing();
  // lws would send the peer's own body back.
  if (fault == 0 || over_http2() || !alive) return !answers_ours;
  static_cast<void>(write_frame(Opcode::kClose, true, network_order(fault)));
  return false;
}

// Over HTTP/2 a frame needs lws's framing, and room before the payload.
bool WebSocket::write_frame(Opcode opcode, bool final, std::string_view payload) {
  if (!over_http2()) return write_raw(make_frame(opcode, final, payload));
  std::array<unsigned char, LWS_PRE + kMaxFrame> buffer;
  std::memcpy(buffer.data() + LWS_PRE, payload.data(), payload.size());
  return lws_write(wsi(), buffer.data() + LWS_PRE, payload.size(), lws_type(opcode, final)) >= 0;
}

size_t WebSocket::write_http2(std::string_view frames) {
  Frame frame = first_frame(frames);
  return write_frame(frame.opcode, frame.final, frame.payload) ? frame.size : 0;
}

void WebSocket::close(Ending ending, std::string last_frames) {
  if (!open()) return;
  Status why = ending.why;
  if (!note_end(std::move(ending))) return drop(why);
  set_state(State::kFarewell);
  end_session();
  vhost().watch().stop(*this);
  drop_input();
  last_frames_ = std::move(last_frames);
  if (reads_while_it_waits())
    resume_reading();
  else
    stop_reading();
  wait_until(now() + kFarewell);
  ask_to_write();
}

// lws spins if a peer has ended its side while lws holds bytes for it. Over TLS it spins if a connection is paused that
// holds decrypted bytes.
bool WebSocket::reads_while_it_waits() { return over_http2() || lws_is_ssl(wsi()) || !lws_partial_buffered(wsi()); }

bool WebSocket::say_farewell() {
  if (lws_partial_buffered(lws_get_network_wsi(wsi()))) {
    // lws would close without a close frame while it holds bytes to send.
    ask_to_write();
    return true;
  }
  resume_reading();
  if (!last_frames_.empty()) {
    ask_to_write();
    if (!over_http2()) return write_raw(std::exchange(last_frames_, std::string()));
    Frame frame = first_frame(last_frames_);
    bool written = write_frame(frame.opcode, frame.final, frame.payload);
    last_frames_.erase(0, frame.size);
    return written;
  }
  set_state(State::kCloseSent);
  std::string payload = close_payload();
  if (over_http2()) {
    auto* text = reinterpret_cast<unsigned char*>(payload.data()) + 2;
    lws_close_reason(wsi(), static_cast<lws_close_status>(code()), text, payload.size() - 2);
    return false;
  }
  // Does not use lws_close_reason(): if lws is built with _DEBUG, as Debian's is, its libuv loop drops an HTTP/1.1
  // connection at once that a callback wants closed.
  wait_until(now() + kFarewell);
  return write_frame(Opcode::kClose, true, payload);
}

// RFC 6455 section 5.5.1: the code in network order, then a reason; at most 123 bytes.
std::string WebSocket::close_payload() const {
  std::string payload = network_order(code());
  // 1000 needs no words. Clients of the structured dialect look at other codes only if there is a reason.
  if (code() != 1000) payload += why_in_words();
  return payload;
}

}  // namespace lws_chat
