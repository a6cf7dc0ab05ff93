#include "redis/server_connection.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "core/log_text.h"
#include "redis/refusal.h"

namespace lws_chat {
namespace {

constexpr Time kSilence = 1'000'000;  // then the owner sends PING
constexpr size_t kReadBytes = 16384;
constexpr size_t kKeptOutput = 1u << 20;  // capacity
constexpr unsigned kRepliesToLook = 16;   // between two looks at the clock

using State = StreamSocket::State;

std::string seconds(Time time) { return std::to_string((time + 999'999) / 1'000'000) + " s"; }

}  // namespace

ServerConnection::ServerConnection(Poller& poller, Owner& owner, const RedisPatience& patience)
    : poller_(poller), owner_(owner), patience_(patience), lookup_(poller.waker()) {
  poller_.add(*this);
}

ServerConnection::~ServerConnection() { poller_.remove(*this); }

void ServerConnection::open(const RedisAddress& address, const TlsTrust* trust, Time now) try {
  trust_ = trust;
  address_ = address;
  find(now);
} catch (const std::bad_alloc&) {
  fail_later("");
}

void ServerConnection::open_beside(const ServerConnection& other, Time now) try {
  trust_ = other.trust_;
  address_ = other.address_;
  candidates_.assign(1, other.place_);
  connect_next(now);
} catch (const std::bad_alloc&) {
  fail_later("");
}

void ServerConnection::find(Time now) {
  candidates_.clear();
  if (auto numeric = numeric_address(address_)) {
    candidates_.push_back(*numeric);
    connect_next(now);
    return;
  }
  begin(Phase::kFindingHost, now);
  take_addresses(now);
}

void ServerConnection::close() {
  ++life_;
  phase_ = Phase::kClosed;
  deadline_ = probed_ = kNever;
  failure_.clear();
  socket_.close();
  wants_write_ = false;
  reader_ = nullptr;
  output_ = std::string();
  sent_ = 0;
}

void ServerConnection::begin(Phase phase, Time now) {
  phase_ = phase;
  deadline_ = now + patience_.connect;
}

// A thread looks the host up, and wakes the poller when it has found something.
void ServerConnection::take_addresses(Time now) {
  auto found = lookup_.look_up(address_.host);
  if (!found) return;
  if (!found->problem.empty()) {
    fail_later("is not found (" + found->problem + "): correct the name of the host, or use its number");
    return;
  }
  candidates_ = std::move(found->addresses);
  for (SocketAddress& candidate : candidates_) set_port(candidate, address_.port);
  std::reverse(candidates_.begin(), candidates_.end());
  connect_next(now);
}

void ServerConnection::connect_next(Time now) {
  begin(Phase::kConnecting, now);
  while (!candidates_.empty()) {
    place_ = candidates_.back();
    candidates_.pop_back();
    socket_.close();
    wants_write_ = true;
    if (socket_.connect(place_) == State::kFailed) continue;
    try {
      poller_.watch(socket_.descriptor(), *this, Poller::Interest::kReadAndWrite);
    } catch (const std::system_error& error) {
      fail_later(std::string("cannot be waited for (") + error.what() + "): give the system more memory");
    }
    return;
  }
  fail_later(cannot_connect());
}

// The owner must not be called within its own call.
void ServerConnection::fail_later(std::string why) {
  phase_ = Phase::kFailed;
  failure_ = std::move(why);
}

std::string ServerConnection::cannot_connect() const {
  std::string what = "cannot be connected to (" + socket_.problem() + "): ";
  if (socket_.error() == EACCES) return what + "let the user of this service write to the socket";
  if (socket_.error() == EMFILE || socket_.error() == ENFILE) return what + "let this service open more files";
  return what + "start the server, or correct its address";
}

void ServerConnection::ready(Time now) {
  switch (phase_) {
    case Phase::kClosed:
    case Phase::kFailed:
    case Phase::kFindingHost: return;
    case Phase::kConnecting: go_on_connecting(now); return;
    case Phase::kSecuring: go_on_securing(now); return;
    case Phase::kOpen: receive(now); return;
  }
}

void ServerConnection::go_on_connecting(Time now) {
  State state = socket_.connected();
  if (state == State::kFailed) connect_next(now);
  if (state != State::kDone) return;
  if (!trust_) {
    finish_opening(now);
    return;
  }
  socket_.secure(*trust_, address_.host);
  begin(Phase::kSecuring, now);
  go_on_securing(now);
}

void ServerConnection::go_on_securing(Time now) {
  switch (socket_.shake_hands()) {
    case State::kDone: finish_opening(now); return;
    case State::kAgain: want_write(socket_.wants_write()); return;
    case State::kEnd: fail("closed the connection instead of TLS: a port without TLS needs redis://", now); return;
    case State::kFailed:
      fail("cannot be trusted or has no TLS (" + socket_.problem() +
               "): name the certificate of its authority with redis-tls-ca-file, or use redis:// without TLS",
           now);
      return;
  }
}

void ServerConnection::finish_opening(Time now) {
  reader_ = std::make_unique<ReplyReader>();
  phase_ = Phase::kOpen;
  deadline_ = kNever;
  heard_ = now;
  has_answered_ = false;
  want_write(false);
  call_owner(&Owner::opened, now);
}

// Reads until nothing is there, or others should have their turn.
void ServerConnection::receive(Time now) {
  Poller::Slice slice(poller_);
  bool drained = false;
  while (serve_replies(slice, now) && !drained) {
    char bytes[kReadBytes];
    size_t got = 0;
    switch (socket_.read(bytes, sizeof bytes, got)) {
      case State::kAgain: return;
      case State::kEnd: fail("closed the connection" + after_the_end(), now); return;
      case State::kFailed: fail("lost the connection (" + socket_.problem() + ")" + after_the_end(), now); return;
      case State::kDone: break;
    }
    hear(now);
    has_answered_ = true;
    reader_->feed(bytes, got);
    drained = !trust_ && got < sizeof bytes;
  }
}

std::string ServerConnection::after_the_end() const {
  if (has_answered_) return ": see its log";
  return trust_ ? " without a word: see its log" : " without a word: see its log; a port with TLS needs rediss://";
}

// Returns true if more bytes are needed, and there is time for them.
bool ServerConnection::serve_replies(const Poller::Slice& slice, Time now) try {
  unsigned life = life_;
  RedisReply reply;
  for (unsigned count = 1; reader_->next(reply); ++count) {
    owner_.replied(*this, reply, now);
    if (life != life_) return false;
    if (count % kRepliesToLook != 0 || !slice.over()) continue;
    poller_.ask_for_turn(*this);
    return false;
  }
  if (reader_->problem().empty()) {
    if (slice.over()) poller_.ask_for_turn(*this);
    return !slice.over();
  }
  fail("sends what cannot be read (" + in_log(reader_->problem()) +
           "): if it is not Redis, correct the address; a port with TLS needs rediss://",
       now);
  return false;
} catch (...) {
  if (phase_ == Phase::kOpen) poller_.ask_for_turn(*this);
  throw;
}

void ServerConnection::tick(Time now) {
  if (phase_ == Phase::kFailed) {
    std::string why = failure_.empty() ? kNoMemory : std::move(failure_);
    fail(why, now);
  } else if (phase_ == Phase::kOpen) {
    probe(now);
  } else {
    if (phase_ == Phase::kFindingHost) take_addresses(now);
    if (now >= deadline_) give_up_phase(now);
  }
}

void ServerConnection::hear(Time now) {
  heard_ = now;
  probed_ = kNever;
}

void ServerConnection::probe(Time now) {
  if (probed_ == kNever && now - heard_ >= kSilence) {
    probed_ = now;
    call_owner(&Owner::silent, now);
  } else if (probed_ != kNever && now - probed_ >= patience_.answer) {
    fail("does not answer for " + seconds(patience_.answer) + ": see if it runs, and if something else keeps it busy",
         now);
  }
}

void ServerConnection::give_up_phase(Time now) {
  switch (phase_) {
    case Phase::kFindingHost:
      fail("is not found, because no name server answers: see to the name servers, or use the number of the host", now);
      return;
    case Phase::kConnecting:
      if (!candidates_.empty()) {
        connect_next(now);
        return;
      }
      fail("does not answer (no connection in " + seconds(patience_.connect) +
               "): see if its machine runs, and if a firewall lets this one in",
           now);
      return;
    case Phase::kSecuring: fail("does not begin TLS: a port without TLS needs redis://", now); return;
    case Phase::kClosed:
    case Phase::kFailed:
    case Phase::kOpen: return;
  }
}

Time ServerConnection::due() const {
  if (phase_ == Phase::kFailed) return 0;
  if (phase_ != Phase::kOpen) return deadline_;
  return probed_ == kNever ? heard_ + kSilence : probed_ + patience_.answer;
}

// While the socket is full, each byte that it takes is one that the server's side has taken.
void ServerConnection::flush(Time now) {
  bool was_full = wants_write_;
  if (flush_now() > 0 && was_full) hear(now);
}

// A failure to write is seen by reading, too: the server may have said why before it closed the connection.
size_t ServerConnection::flush_now() {
  if (phase_ != Phase::kOpen) return 0;
  State state = State::kDone;
  size_t before = sent_;
  while (state == State::kDone && sent_ < output_.size()) {
    size_t count = 0;
    state = socket_.write(std::string_view(output_).substr(sent_), count);
    sent_ += count;
  }
  size_t written = sent_ - before;
  bool waits = state == State::kAgain;
  if (!waits) sent_ = output_.size();
  if (sent_ == output_.size() && output_.capacity() > kKeptOutput) output_ = std::string();
  if (sent_ >= output_.size() / 2) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
  want_write(waits);
  return written;
}

void ServerConnection::want_write(bool wanted) {
  if (std::exchange(wants_write_, wanted) == wanted) return;
  poller_.change(socket_.descriptor(), *this, wanted ? Poller::Interest::kReadAndWrite : Poller::Interest::kRead);
}

// What the owner began to write must not stay half a command.
void ServerConnection::call_owner(void (Owner::*what)(ServerConnection&, Time), Time now) try {
  (owner_.*what)(*this, now);
} catch (const std::bad_alloc&) {
  fail(kNoMemory, now);
}

void ServerConnection::fail(const std::string& why, Time now) {
  close();
  owner_.closed(*this, why, now);
}

}  // namespace lws_chat
