#include "lws/http/event_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "dialect/centrifuge/reply.h"
#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/http/header.h"
#include "lws/http/http_body.h"
#include "lws/http/http_date.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

// How long a reader may take to accept what precedes the end.
constexpr Time kFarewell = 5 * LWS_US_PER_SEC;

// For how many of the loop's turns it is looked whether something came together with the request: the first may be
// the turn in which the look begins, and in the last the answer may come behind the turn's own end.
constexpr int kTurns = 3;

// How long a browser waits before it comes back, in milliseconds.
constexpr const char* kRetry = "retry: 2000\n\n";

// A reader says nothing, so it is the system that has to notice when it is gone: by what is sent to it and not
// acknowledged (tcp(7)).
void expect_acknowledgements(lws* wsi, const Options& options) {
  if (options.ping_interval == 0) return;
  auto patience = static_cast<unsigned>((options.ping_interval + options.pong_timeout) / LWS_US_PER_MS);
  setsockopt(lws_get_socket_fd(lws_get_network_wsi(wsi)), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

// Whether the peer has closed its side, or says something where there is nothing to say. All readers are asked
// every two seconds, so it is the cheapest call that tells both.
bool hung_up(lws* wsi) {
  char byte;
  return recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR);
}

}  // namespace

// A proxy that compresses what it passes on, or buffers it, would keep back the events: the first says not to change
// anything (RFC 9111 section 5.2.2.6), the second is for nginx.
bool add_stream_headers(lws* wsi, std::string_view cors, unsigned char** at, unsigned char* end) {
  auto add = [&](const char* name, std::string_view value) { return add_header(wsi, name, value, at, end); };
  return add("cache-control:", "no-cache, no-transform") && add("x-accel-buffering:", "no") &&
         (cors.empty() || (add("access-control-allow-origin:", cors) && add("vary:", "origin")));
}

// The stream's membership in one room.
class EventStream::Reader final : public Client {
 public:
  Reader(EventStream& stream, size_t place) : Client(kEventsKind), number(place), stream_(stream) {}

  // It has no name. Most are never asked for one, so it is made when somebody wants to know.
  IdentityPtr identity() override {
    if (!identity_)
      stream_.vhost().hub().presence().introduce(*this, make_identity(stream_.vhost().hub().next_id(), {}, {}));
    return identity_;
  }
  bool ready() override { return stream_.ready(*this); }
  size_t write(std::string_view events) override { return stream_.take(*this, events); }
  void dismissed(Ending ending, Time) override { stream_.reader_dismissed(std::move(ending)); }

  const size_t number;       // of its room in the mixer
  bool at_line_end = false;  // what was taken last ends with a line

 private:
  EventStream& stream_;
};

EventStream::EventStream(lws* wsi, VhostState& vhost, const std::string& cors)
    : Connection(wsi, vhost, kEventsKind),
      charge_(vhost.hub().memory().clients),
      cors_(cors),
      pending_(kRetry),
      probe_(over_http2() ? Probe::kDone : Probe::kBefore) {}

void EventStream::enter(const std::vector<std::string>& rooms, const std::string& last_event_id) {
  std::vector<Position> seen = read_positions(last_event_id);
  size_t bytes = cors_.size();
  for (const std::string& room : rooms) bytes += sizeof(Reader) + room.size();
  if (!charge_.may_be(bytes)) {
    close({Status::kNoMemory});
    return;
  }
  charge_.set(bytes);
  for (size_t i = 0; i < rooms.size(); ++i) readers_.emplace_back(*this, i);
  for (size_t i = 0; i < rooms.size() && open(); ++i) join(readers_[i], rooms[i], seen, !last_event_id.empty());
}

EventStream::~EventStream() { finish(); }

bool EventStream::mixed() const { return readers_.size() > 1; }

// Tells where the reader is now, so that it knows even if nothing comes before the connection is cut, or that
// there is a gap.
void EventStream::join(Reader& reader, std::string_view name, const std::vector<Position>& seen, bool resuming) {
  Hub& hub = vhost().hub();
  const RoomSettings& settings = hub.settings_of(name);
  bool kept = settings.history.messages > 0;
  Deferred<Status> joined = hub.join(reader, {name, resuming && kept ? 0 : settings.replay, origin_of_peer()}, now());
  Status status = joined.ready() ? joined.value() : Status::kUnavailable;
  // The rooms may have become too many since the request was admitted.
  if (status != Status::kOk) return close({status});
  Room& room = *reader.room();
  const History& history = hub.history(room, now());
  auto at = std::find_if(seen.begin(), seen.end(), [&](const Position& item) { return item.epoch == room.epoch(); });
  bool whole = at != seen.end() && kept && at->offset <= history.top() && at->offset + 1 >= history.first();
  Position position{kept ? room.epoch() : std::string(), history.top()};
  if (resuming) {
    ++(whole ? hub.counters().recovered : hub.counters().unrecovered);
    if (whole && at->offset < history.top()) hub.replay_from(reader, at->offset + 1);
    if (whole) position.offset = at->offset;
  } else if (reader.replaying()) {
    position.offset = reader.replay_begin() - 1;
  }
  if (mixed()) mixer_.add(name, position);
  // Of several only the last has an id: who is cut off before it has been told of all keeps the one it came with.
  std::string id;
  if (!mixed())
    id = write_positions({position});
  else if (&reader == &readers_.back())
    id = mixer_.id();
  pending_ += position_event(resuming && !whole ? "gap" : "position", name, position, id);
}

int EventStream::begin() {
  expect_acknowledgements(wsi(), vhost().options());
  std::array<unsigned char, LWS_PRE + 2048> buffer;
  unsigned char* begin = buffer.data() + LWS_PRE;
  unsigned char* at = begin;
  unsigned char* end = buffer.data() + buffer.size();
  if (lws_add_http_common_headers(wsi(), HTTP_STATUS_OK, "text/event-stream", LWS_ILLEGAL_HTTP_CONTENT_LEN, &at, end))
    return -1;
  if (!add_header(wsi(), "date:", http_date(), &at, end) || !add_stream_headers(wsi(), cors_, &at, end)) return -1;
  if (lws_finalize_write_http_header(wsi(), begin, &at, end)) return -1;
  // It lives for as long as the reader wants, and needs none of the request any more.
  if (over_http2())
    lws_http_mark_sse(wsi());
  else
    lws_http_headers_detach(wsi());
  lws_set_timeout(wsi(), NO_PENDING_TIMEOUT, 0);
  vhost().watch().look_after(*this);
  commented_at_ = now();
  choked();
  return 0;
}

bool EventStream::ready(const Reader& reader) {
  return pending_.empty() && (!speaking_ || speaking_ == &reader) && can_write() && window_open(wsi());
}

size_t EventStream::take(Reader& reader, std::string_view events) {
  size_t taken = 0;
  if (mixed()) {
    taken = EventMixer::piece(events, kMaxPiece);
    mixer_.append(pending_, reader.number, events.substr(0, taken));
    send_pending();
    if (!open()) return 0;
  } else {
    taken = write(&reader, events);
    if (taken == 0) return 0;
  }
  std::string_view sent = events.substr(0, taken);
  bool line = sent.back() == '\n';
  bool event = line && (sent.size() > 1 ? sent[sent.size() - 2] == '\n' : reader.at_line_end);
  reader.at_line_end = line;
  speaking_ = event ? nullptr : &reader;
  return taken;
}

size_t EventStream::write_http2(std::string_view bytes) {
  return static_cast<size_t>(std::max(write_piece(wsi(), bytes, false), 0));
}

void EventStream::send_pending() {
  while (!pending_.empty() && can_write() && window_open(wsi())) {
    size_t taken = write(nullptr, pending_);
    if (taken == 0) return;
    pending_.erase(0, taken);
  }
}

int EventStream::writeable() {
  if (state() == State::kClosing) return 0;
  if (probe_ == Probe::kNow && !asked_) return -1;
  asked_ = false;
  set_may_write(true);
  if (state() == State::kFarewell) {
    if (lws_partial_buffered(lws_get_network_wsi(wsi()))) return choked(), 0;
    if (pending_.empty()) return -1;
    std::string_view rest = pending_;
    size_t taken = over_http2() ? write_http2(rest) : write_raw(rest) ? rest.size() : 0;
    pending_.erase(0, taken);
    choked();
    return taken > 0 ? 0 : -1;
  }
  send_pending();
  if (open()) serve_rooms();
  set_may_write(false);
  expect_more();
  return 0;
}

// The room after the last one served comes first, so that all get their turn when the reader takes little.
void EventStream::serve_rooms() {
  Hub& hub = vhost().hub();
  if (speaking_) hub.pump(*speaking_, now());
  for (size_t left = readers_.size(); left > 0 && open() && !speaking_; --left) {
    Reader& reader = readers_[next_served_ % readers_.size()];
    if (reader.behind() && !reader.ready()) return;
    ++next_served_;
    if (reader.behind()) hub.pump(reader, now());
  }
}

// A long replay goes on in another loop turn; so does all that is more than a frame of HTTP/2.
//
// While an answer is under way lws reads nothing, and spins when there is something to be read, be it the end of the
// connection: so it is kept from looking. It then does not look whether it may write either, so that it may look
// as long as something waits for that.
void EventStream::expect_more() {
  if (!open()) return;
  bool behind = std::any_of(readers_.begin(), readers_.end(), [](const Reader& reader) { return reader.behind(); });
  if (behind || !pending_.empty() || lws_partial_buffered(wsi())) return choked();
  if (probe_ == Probe::kBefore) return probe();
  if (probe_ == Probe::kDone) lws_rx_flow_control(wsi(), 0);
}

// Whoever asks to write while an HTTP/2 peer's window is shut is called at once, again and again.
void EventStream::choked() {
  asked_ = true;
  // What was asked for hides what was not.
  if (probe_ == Probe::kNow) probe_ = Probe::kBefore;
  lws_rx_flow_control(wsi(), 1);
  if (open() && !window_open(wsi()))
    wait_until(now() + kWindowPoll);
  else
    ask_to_write();
}

void EventStream::time_is_up() {
  if (state() == State::kFarewell) return kill(Status::kOk);
  expect_more();
}

// What came together with the request lws has read already and keeps; it then wants to write whenever it is kept
// from looking, and would spin. That shows when it is let look for a moment: it may write without having been asked
// to. A timer cannot tell when the moment is over: while timers are due lws looks at no socket.
void EventStream::probe() {
  probe_ = Probe::kNow;
  turns_left_ = kTurns;
  lws_rx_flow_control(wsi(), 1);
  vhost().await_turn(*this);
}

void EventStream::turned() {
  if (!open() || probe_ != Probe::kNow) return;
  if (--turns_left_ > 0) return vhost().await_turn(*this);
  probe_ = Probe::kDone;
  expect_more();
}

void EventStream::ping() {
  if (!open()) return;
  if (!over_http2() && hung_up(wsi())) return kill(Status::kOk);
  vhost().watch().look_after(*this);
  Time interval = vhost().options().ping_interval;
  if (interval == 0 || now() - commented_at_ < interval || !pending_.empty() || speaking_) return;
  commented_at_ = now();
  pending_ = ":\n\n";
  send_pending();
  expect_more();
}

void EventStream::drain(Status why) {
  for (Reader& reader : readers_) vhost().hub().dismiss_after_head(reader, why, now());
}

// All readers end together; when the server goes away, each has to get its events first.
void EventStream::reader_dismissed(Ending ending) {
  if (!guarded("close", [&] { end_with(std::move(ending)); })) kill(Status::kInternalError);
}

void EventStream::end_with(Ending ending) {
  bool others = std::any_of(readers_.begin(), readers_.end(), [](const Reader& reader) { return reader.room(); });
  bool draining = ending.why == Status::kGoingAway || ending.why == Status::kRestarting;
  if (draining && others) return;
  close(std::move(ending));
}

// A reader that is too slow would not read why either, and a comment cannot stand within an event.
void EventStream::close(Ending ending, std::string last_events) {
  if (!open()) return;
  Status why = ending.why;
  if (!note_end(std::move(ending))) return kill(why);
  if (why == Status::kSlow || why == Status::kReplayLost) return kill(why);
  set_state(State::kFarewell);
  leave_hub();
  vhost().watch().forget(*this);
  pending_ += last_events;
  if (!speaking_) pending_.append(": ").append(why_in_words()).append("\n\n");
  wait_until(now() + kFarewell);
  choked();
}

void EventStream::leave_hub() {
  vhost().forget_turn(*this);
  for (Reader& reader : readers_) vhost().hub().leave(reader, now(), Hub::Departure::kMayReturn);
  charge_.set(0);
}

}  // namespace lws_chat
