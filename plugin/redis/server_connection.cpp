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
using Kind = Fault::Kind;

std::string seconds(Time time) { return std::to_string((time + 999'999) / 1'000'000) + " s"; }

}  // namespace

ServerConnection::ServerConnection(Poller& poller, Owner& owner, const RedisPatience& patience)
    : poller_(poller), owner_(owner), patience_(patience), lookup_(poller.waker()) {
  poller_.add(*this);
}

ServerConnection::~ServerConnection() { poller_.remove(*this); }

void ServerConnection::open(const RedisAddress& address, const TlsTrust* trust, Time now) try {
  trust_ = trust;
  if (address != address_) has_worked_ = false;
  address_ = address;
  find(now);
} catch (const std::bad_alloc&) {
  fail_later({});
}

void ServerConnection::open_beside(const ServerConnection& other, Time now) try {
  trust_ = other.trust_;
  address_ = other.address_;
  has_worked_ = other.has_worked_;
  candidates_.assign(1, other.place_);
  connect_next(now);
} catch (const std::bad_alloc&) {
  fail_later({});
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
  failure_ = {};
  socket_.close();
  wants_write_ = false;
  reader_ = nullptr;
  output_ = std::string();
  sent_ = 0;
  has_unread_ = false;
  reply_.end();
  writing_.end();
}

void ServerConnection::logged_in(size_t most_of_reply) {
  deadline_ = kNever;
  has_worked_ = true;
  reader_->allow(most_of_reply);
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
    fail_later({Kind::kAway, "is not found (" + found->problem + "): correct the name of the host, or use its number"});
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
      fail_later(
          {Kind::kAway, std::string("cannot be waited for (") + error.what() + "): give the system more memory"});
    }
    return;
  }
  fail_later({Kind::kAway, cannot_connect()});
}

// The owner must not be called within its own call.
void ServerConnection::fail_later(Fault fault) {
  phase_ = Phase::kFailed;
  failure_ = std::move(fault);
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
    case State::kEnd:
      fail({Kind::kAway, std::string("closed the connection instead of TLS: ") +
                             (has_worked_ ? "see its log" : "a port without TLS needs redis://")},
           now);
      return;
    case State::kFailed: fail({Kind::kAway, untrusted()}, now); return;
  }
}

std::string ServerConnection::untrusted() const {
  std::string remedy = "name the certificate of its authority with redis-tls-ca-file";
  if (has_worked_) return "cannot be trusted (" + socket_.problem() + "): " + remedy;
  return "cannot be trusted or has no TLS (" + socket_.problem() + "): " + remedy + ", or use redis:// without TLS";
}

void ServerConnection::finish_opening(Time now) {
  reader_ = std::make_unique<ReplyReader>(kMostOfSmall);
  phase_ = Phase::kOpen;
  deadline_ = now + patience_.login;
  heard_ = now;
  has_answered_ = false;
  want_write(false);
  call_owner(&Owner::opened, now);
}

// Reads until nothing is there, or others should have their turn.
void ServerConnection::receive(Time now) {
  Poller::Slice slice(poller_);
  bool drained = false;
  has_unread_ = true;
  while (serve_replies(slice, now) && !drained) {
    char bytes[kReadBytes];
    size_t got = 0;
    switch (socket_.read(bytes, sizeof bytes, got)) {
      case State::kAgain: has_unread_ = false; return;
      case State::kEnd: fail({Kind::kEnded, "closed the connection" + after_the_end()}, now); return;
      case State::kFailed:
        fail({Kind::kEnded, "lost the connection (" + socket_.problem() + ")" + after_the_end()}, now);
        return;
      case State::kDone: break;
    }
    hear(now);
    has_answered_ = true;
    reader_->feed(bytes, got);
    reply_.move(got);
    drained = !trust_ && got < sizeof bytes;
  }
  has_unread_ = phase_ == Phase::kOpen && !drained;
}

std::string ServerConnection::after_the_end() const {
  if (has_answered_) return ": see its log";
  bool advise = !trust_ && !has_worked_;
  return advise ? " without a word: see its log; a port with TLS needs rediss://" : " without a word: see its log";
}

// Returns true if more bytes are needed, and there is time for them.
bool ServerConnection::serve_replies(const Poller::Slice& slice, Time now) try {
  unsigned life = life_;
  RedisReply reply;
  for (unsigned count = 1; reader_->next(reply); ++count) {
    reply_.end();
    owner_.replied(*this, reply, now);
    if (life != life_) return false;
    if (count % kRepliesToLook != 0 || !slice.over()) continue;
    poller_.ask_for_turn(*this);
    return false;
  }
  if (reader_->problem().empty()) {
    if (!reply_.is_watched() && reader_->has_part()) reply_.begin(now);
    if (slice.over()) poller_.ask_for_turn(*this);
    return !slice.over();
  }
  fail({Kind::kStrange, "sends what cannot be read (" + in_log(reader_->problem()) + "): " +
                            (has_worked_ ? "see what is there now, and what is between"
                                         : "if it is not Redis, correct the address; a port with TLS needs rediss://")},
       now);
  return false;
} catch (...) {
  if (phase_ == Phase::kOpen) poller_.ask_for_turn(*this);
  throw;
}

void ServerConnection::tick(Time now) {
  if (phase_ == Phase::kFailed) {
    Fault fault = failure_.text.empty() ? Fault{Kind::kAway, kLeftWithoutMemory} : std::move(failure_);
    fail(fault, now);
  } else if (phase_ == Phase::kOpen) {
    if (!gives_up(now)) probe(now);
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
    fail({Kind::kAway,
          "does not answer for " + seconds(patience_.answer) + ": see if it runs, and if something else keeps it busy"},
         now);
  }
}

// Returns true if the server only pretends to go on. A process that slept does not blame it for that time, nor for what
// has come and is not read yet.
bool ServerConnection::gives_up(Time now) {
  Time reply = reply_.deadline(patience_.begun), writing = writing_.deadline(patience_.begun);
  Time due = std::min({deadline_, reply, writing});
  if (now < due) return false;
  if (has_unread_ || now >= due + kSilence) {
    if (deadline_ != kNever) deadline_ = now + patience_.login;
    if (reply_.is_watched()) reply_.begin(now);
    if (writing_.is_watched()) writing_.begin(now);
    return false;
  }
  std::string slow = " only a few bytes a second: see to the network, and to what is between";
  if (due == deadline_)
    fail({Kind::kAway, "does not let anybody in for " + seconds(patience_.login) +
                           ": see if it is Redis, and if something else keeps it busy"},
         now);
  else
    fail({Kind::kStrange, (due == reply ? "sends" : "takes") + slow}, now);
  return true;
}

void ServerConnection::give_up_phase(Time now) {
  switch (phase_) {
    case Phase::kFindingHost:
      fail({Kind::kAway,
            "is not found, because no name server answers: see to the name servers, or use the number of the host"},
           now);
      return;
    case Phase::kConnecting:
      if (!candidates_.empty()) {
        connect_next(now);
        return;
      }
      fail({Kind::kAway, "does not answer (no connection in " + seconds(patience_.connect) +
                             "): see if its machine runs, and if a firewall lets this one in"},
           now);
      return;
    case Phase::kSecuring:
      fail({Kind::kAway, std::string("does not begin TLS: ") + (has_worked_ ? "see if it runs, and what keeps it busy"
                                                                            : "a port without TLS needs redis://")},
           now);
      return;
    case Phase::kClosed:
    case Phase::kFailed:
    case Phase::kOpen: return;
  }
}

Time ServerConnection::due() const {
  if (phase_ == Phase::kFailed) return 0;
  if (phase_ != Phase::kOpen) return deadline_;
  Time due = probed_ == kNever ? heard_ + kSilence : probed_ + patience_.answer;
  return std::min({due, deadline_, reply_.deadline(patience_.begun), writing_.deadline(patience_.begun)});
}

// While the socket is full, each byte that it takes is one that the server's side has taken.
void ServerConnection::flush(Time now) {
  if (phase_ != Phase::kOpen) return;
  bool was_full = wants_write_;
  size_t taken = flush_now();
  if (taken > 0 && was_full) hear(now);
  writing_.move(taken);
  if (!wants_write_) writing_.end();
  if (wants_write_ && !writing_.is_watched()) writing_.begin(now);
  if (output_.size() - sent_ > kMostOutput)
    fail_later({Kind::kStrange, "takes less than it is sent: see to the network, and to what is between"});
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
  fail({Kind::kAway, kLeftWithoutMemory}, now);
}

void ServerConnection::fail(const Fault& fault, Time now) {
  close();
  owner_.closed(*this, fault, now);
}

}  // namespace lws_chat
