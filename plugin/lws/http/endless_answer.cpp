#include "lws/http/endless_answer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "lws/clock.h"
#include "lws/http/header.h"
#include "lws/http/http_body.h"
#include "lws/http/http_date.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

// Time for a reader to accept what precedes the end.
constexpr Time kFarewell = 5 * LWS_US_PER_SEC;

// A probe takes so many turns of the loop. It may begin in the middle of the first, and in the last one lws may answer
// after the turn's own end.
constexpr int kTurns = 3;

// A reader says nothing. So the system has to notice that it is gone, by bytes that it does not acknowledge (tcp(7)).
void expect_acknowledgements(lws* wsi, const Options& options) {
  if (options.ping_interval == 0) return;
  auto patience = static_cast<unsigned>((options.ping_interval + options.pong_timeout) / LWS_US_PER_MS);
  setsockopt(lws_get_socket_fd(lws_get_network_wsi(wsi)), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

}  // namespace

bool add_cors_headers(lws* wsi, const ForeignPage& page, unsigned char** at, unsigned char* end) {
  auto add = [&](const char* name, std::string_view value) { return add_header(wsi, name, value, at, end); };
  if (page.origin.empty()) return true;
  if (!add("access-control-allow-origin:", page.origin) || !add("vary:", "origin")) return false;
  return !page.credentials || add("access-control-allow-credentials:", "true");
}

// A proxy that compresses the stream, or buffers it, would keep it back. The first field forbids any change (RFC 9111
// section 5.2.2.6), the second is for nginx.
bool add_stream_headers(lws* wsi, const ForeignPage& page, unsigned char** at, unsigned char* end) {
  auto add = [&](const char* name, std::string_view value) { return add_header(wsi, name, value, at, end); };
  return add("cache-control:", "no-cache, no-transform") && add("x-accel-buffering:", "no") &&
         add_cors_headers(wsi, page, at, end);
}

EndlessAnswer::EndlessAnswer(lws* wsi, VhostState& vhost, KindId kind, const PeerAddress& address, ForeignPage page)
    : Connection(wsi, vhost, kind, address),
      page_(std::move(page)),
      probe_(over_http2() ? Probe::kDone : Probe::kBefore) {}

int EndlessAnswer::begin() {
  expect_acknowledgements(wsi(), vhost().options());
  std::array<unsigned char, LWS_PRE + 2048> buffer;
  unsigned char* begin = buffer.data() + LWS_PRE;
  unsigned char* at = begin;
  unsigned char* end = buffer.data() + buffer.size();
  if (lws_add_http_common_headers(wsi(), HTTP_STATUS_OK, content_type(), LWS_ILLEGAL_HTTP_CONTENT_LEN, &at, end))
    return -1;
  if (!add_header(wsi(), "date:", http_date(), &at, end) || !add_stream_headers(wsi(), page_, &at, end)) return -1;
  page_ = {};
  if (lws_finalize_write_http_header(wsi(), begin, &at, end)) return -1;
  // The stream lives for as long as the reader wants, and needs nothing of the request any more.
  if (over_http2())
    lws_http_mark_sse(wsi());
  else
    lws_http_headers_detach(wsi());
  lws_set_timeout(wsi(), NO_PENDING_TIMEOUT, 0);
  vhost().watch().look_after(*this);
  choked();
  return 0;
}

bool EndlessAnswer::ready_to_write() { return can_write() && window_open(wsi()); }

size_t EndlessAnswer::write_http2(std::string_view bytes) {
  return static_cast<size_t>(std::max(write_piece(wsi(), bytes, false), 0));
}

int EndlessAnswer::writeable() {
  if (state() == State::kClosing) return 0;
  if (probe_ == Probe::kNow && !asked_) return -1;
  asked_ = false;
  if (!send_waiting()) return -1;
  set_may_write(true);
  if (state() == State::kFarewell) return say_farewell();
  go_on();
  set_may_write(false);
  expect_more();
  return 0;
}

int EndlessAnswer::say_farewell() {
  if (unsent()) {
    choked();
    return 0;
  }
  if (over_http2()) return end_http2_stream();
  if (last_bytes_.empty() || !write_raw(last_bytes_)) return -1;
  last_bytes_.clear();
  choked();
  return 0;
}

// lws does not tell the peer that it closes a stream of HTTP/2. The peer would wait for as long as their connection
// lives, so the last frame has to say it. A frame without bytes needs no window.
int EndlessAnswer::end_http2_stream() {
  if (!last_bytes_.empty() && !window_open(wsi())) {
    wait_until(std::min(farewell_ends_, now() + kWindowPoll));
    return 0;
  }
  if (last_bytes_.empty()) {
    std::array<unsigned char, LWS_PRE + 1> nothing;
    static_cast<void>(lws_write(wsi(), nothing.data() + LWS_PRE, 0, LWS_WRITE_HTTP_FINAL));
    return -1;
  }
  int taken = write_piece(wsi(), last_bytes_, true);
  if (taken < 0 || static_cast<size_t>(taken) == last_bytes_.size()) return -1;
  last_bytes_.erase(0, static_cast<size_t>(taken));
  choked();
  return 0;
}

// A long replay goes on in another turn of the loop, and so does everything that is more than a frame of HTTP/2.
//
// While an answer is under way lws reads nothing, and spins while there is something to read, even if that is only the
// end of the connection. So the connection stops reading. A connection that does not read is not told either that it
// can write, so it reads again while something waits to be written.
void EndlessAnswer::expect_more() {
  if (!open()) return;
  if (behind() || lws_partial_buffered(wsi()) || records_wait()) return choked();
  // Somebody wants to go on when lws calls, which it would not do if the connection stopped reading now.
  if (asked_) return;
  if (probe_ == Probe::kBefore) return probe();
  if (probe_ == Probe::kDone) lws_rx_flow_control(wsi(), 0);
}

// While the window of an HTTP/2 peer is shut, lws answers a request to write at once, again and again.
void EndlessAnswer::choked() {
  asked_ = true;
  // lws will call because we ask now. That call would say nothing about bytes that lws has read before.
  if (probe_ == Probe::kNow) probe_ = Probe::kBefore;
  lws_rx_flow_control(wsi(), 1);
  if (open() && !window_open(wsi()))
    wait_until(now() + kWindowPoll);
  else
    ask_to_write();
}

void EndlessAnswer::time_is_up() {
  if (state() == State::kFarewell) return now() < farewell_ends_ ? ask_to_write() : drop(Status::kOk);
  if (asked_) return choked();
  expect_more();
}

// lws may hold bytes that it read after the request. Once we stop reading, it would then call us again and again. The
// probe finds this out: it lets lws read for a moment. A call that nobody asked for shows that there are such bytes. A
// timer cannot tell when the moment is over: while timers are due lws looks at no socket.
void EndlessAnswer::probe() {
  probe_ = Probe::kNow;
  turns_left_ = kTurns;
  lws_rx_flow_control(wsi(), 1);
  vhost().turns().await(*this);
}

void EndlessAnswer::turned() {
  if (!open() || probe_ != Probe::kNow) return;
  if (--turns_left_ > 0) return vhost().turns().await(*this);
  probe_ = Probe::kDone;
  expect_more();
}

// Each client is looked at every two seconds, so this uses the cheapest call that tells both.
bool EndlessAnswer::hung_up() const {
  if (over_http2()) return false;
  char byte;
  return recv(lws_get_socket_fd(wsi()), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR);
}

// A reader that is too slow would not read the reason either. Over HTTP/2 it can still be told that the answer ends.
void EndlessAnswer::close(Ending ending, std::string last_bytes) {
  if (!open()) return;
  Status why = ending.why;
  if (!note_end(std::move(ending))) return drop(why);
  bool slow = why == Status::kSlow || why == Status::kReplayLost;
  if (slow && !over_http2()) return drop(why);
  set_state(State::kFarewell);
  end_session();
  vhost().watch().stop(*this);
  if (!slow) last_bytes_ = farewell(std::move(last_bytes));
  farewell_ends_ = now() + kFarewell;
  wait_until(farewell_ends_);
  choked();
}

}  // namespace lws_chat
