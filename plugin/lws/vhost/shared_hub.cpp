#include "lws/vhost/shared_hub.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/http/emulation.h"

namespace lws_chat {
namespace {

// One flush stops after so many writes (some milliseconds) and goes on in the next turn of the loop. Else a very large
// room would keep the server from reading and accepting.
constexpr size_t kWritesPerTurn = 1024;

// Longest time that a flush waits for input that is already there, in microseconds: enough for lws to read some 100 KB.
constexpr Time kReadAhead = 1000;

// Time until a flush is tried again that failed for want of memory.
constexpr Time kTryAgain = 100 * LWS_US_PER_MS;

// After this delay a flush does not wait for its timer.
constexpr Time kLate = 5 * LWS_US_PER_MS;

// HOST_PORT, as Centrifugo's nodes are called, or HOST_PATH with a Unix socket: another name for each server of a
// machine.
std::string node_name(lws_vhost* vhost) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const char* interface = lws_get_vhost_iface(vhost);
  bool socket = interface && (interface[0] == '/' || interface[0] == '@');
  return std::string(host) + "_" + (socket ? std::string(interface) : std::to_string(lws_get_vhost_port(vhost)));
}

}  // namespace

SharedHub::SharedHub(lws_context* context, lws_vhost* vhost, const Options& options, const char* vhost_name)
    : context_(context),
      options_(options),
      vhost_name_(vhost_name),
      rooms_(hub_settings(options)),
      storage_(context, options_.storage, rooms_, vhost_name),
      shared_rooms_(context, vhost, options_.redis, rooms_, vhost_name),
      gate_(rooms_),
      deflater_(options_.compress_from),
      hub_(rooms_, stream_kinds_with(deflater_),
           {this, this, shared_rooms_.broker(), &gate_, storage_.journal(), storage_.records(),
            shared_rooms_.presence()}),
      emulated_(shared_rooms_.peers() ? shared_rooms_.node_uid() : hub_.next_id()),
      trim_(context, hub_),
      timer_(context, "flush", [this] { guarded_flush(); }),
      revocation_timer_(context, "revocation", [this] { sessions_.check_revoked({}, now()); }) {
  Peers* peers = shared_rooms_.peers();
  node_ = {peers ? std::string(shared_rooms_.node_uid()) : hub_.next_id(), node_name(vhost), now()};
  if (peers) peers->attach(*this);
  if (Records* records = storage_.records()) remember(*records);
  revocations_.changed = [this](std::string_view user) { revoked(user); };
  if (SharedRevocations* shared = shared_rooms_.revocations()) revocations_.share(*shared);
  if (options.fanout == FanoutMode::kWrite) return;
  uring_ = UringBatch::make();
  if (!uring_ && options.fanout == FanoutMode::kUring)
    lwsl_warn("lws-chat: vhost %s: io_uring is not available, fanout is by write\n", vhost_name);
}

// Goes on where the last process ended.
void SharedHub::remember(Records& records) {
  idempotency_.load(records, now(), unix_ms());
  revocations_.keep_in(records);
  hub_.bring_back(now());
}

// A token may be anybody's. Back ends revoke many at once, so all sessions are looked through once for all of them.
void SharedHub::revoked(std::string_view user) {
  if (!user.empty()) return sessions_.check_revoked(user, now());
  revocation_timer_.set(0);
}

NodeFacts SharedHub::facts(Time now) {
  return api::facts_of({hub_, sessions_, idempotency_, revocations_, options_, node_, nullptr, now, unix_ms()});
}

// Nobody waits for the answer.
void SharedHub::obey(std::string_view method, std::string_view request, Time now) {
  if (ServerApi::is_for_all_nodes(method)) (void)api_of(options_, nullptr).call(method, request, now, unix_ms());
}

Status SharedHub::take_passed_on(std::string_view session, std::string_view data) {
  return take_emulation(emulated_, session, data);
}

void SharedHub::replaced(std::string_view client, Time now) {
  if (Visitor* session = sessions_.of_client(client)) session->end({Status::kReplaced}, now);
}

std::optional<RoomCounts> SharedHub::rooms(std::string_view pattern) { return api::rooms_here(hub_, pattern); }

std::string SharedHub::conflict_with(const Options& options) const {
  std::string differences;
  for (const std::string& difference : hub_conflicts(options_, options))
    differences += (differences.empty() ? "" : ", ") + difference;
  if (differences.empty()) return "";
  return "shares hub \"" + name() + "\" with vhost " + vhost_name_ + " but they do not agree on " + differences;
}

void SharedHub::wake(Time due) {
  if (due < scheduled_) schedule(due, 0);
}

void SharedHub::came_from(int fd) {
  source_ = fd;
  wake(hub_.due());
}

// Within a timer's callback lws counts from the moment when it began to look for timers, `elapsed` ago.
void SharedHub::schedule(Time at, Time elapsed) {
  scheduled_ = at;
  Time wait = at - now();
  timer_.set(wait - elapsed);
  // The timer would wait for as long as this callback took.
  if (wait <= 0 && elapsed > 0) lws_cancel_service(context_);
}

// lws reads a burst in small pieces, one for each turn of the loop. To read all of it before the flush saves a write
// for each member.
bool SharedHub::worth_waiting() const {
  if (options_.hub.flush_interval == 0 || now() - kReadAhead >= hub_.due()) return false;
  int unread = 0;
  return ioctl(source_, FIONREAD, &unread) == 0 && unread > 0;
}

void SharedHub::flush_if_late() {
  if (scheduled_ == Hub::kNever || now() - scheduled_ < kLate) return;
  timer_.cancel();
  guarded_flush();
}

void SharedHub::guarded_flush() {
  if (guarded("flush", [this] { flush(); })) return;
  // The rooms that were due still are.
  batching_ = false;
  schedule(now() + kTryAgain, 0);
}

void SharedHub::flush() {
  // lws reads the next piece in this turn of the loop, which schedules a flush. The delay is for the case that it does
  // not.
  if (worth_waiting()) return schedule(now() + LWS_US_PER_MS, 0);
  scheduled_ = Hub::kNever;
  batching_ = uring_ != nullptr;
  Time began = now();
  hub_.flush(began, kWritesPerTurn);
  batching_ = false;
  hub_.counters().flush_seconds.observe(static_cast<double>(now() - began) / 1e6);
  if (hub_.due() != Hub::kNever) schedule(hub_.due(), now() - began);
}

UringBatch* SharedHub::batch() {
  if (!batching_ || !hub_.gathers()) return nullptr;
  if (uring_->full()) complete();
  return batching_ ? uring_.get() : nullptr;
}

Time SharedHub::complete() {
  if (batching_) {
    // Bytes that a client gets in answer to this go out at once.
    batching_ = false;
    batching_ = uring_->complete();
    if (!batching_) {
      lwsl_warn("lws-chat: vhost %s: io_uring stopped working, fanout is by write from now on\n", vhost_name_.c_str());
      uring_.reset();
    }
  }
  return now();
}

void SharedHub::note_slow(uint64_t lag) {
  ++slow_since_;
  Time at = now();
  if (slow_logged_ != 0 && at - slow_logged_ < LWS_US_PER_SEC) return;
  lwsl_warn("lws-chat: vhost %s: closed %llu slow readers, this one %llu bytes behind\n", vhost_name_.c_str(),
            static_cast<unsigned long long>(slow_since_), static_cast<unsigned long long>(lag));
  slow_logged_ = at;
  slow_since_ = 0;
}

}  // namespace lws_chat
