#include "lws/vhost/shared_hub.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"

namespace lws_chat {
namespace {

// One flush stops after so many writes (some milliseconds) and goes on in the next loop turn, so that
// a very large room does not keep the server from reading and accepting.
constexpr size_t kWritesPerTurn = 1024;

// How long a flush that is due waits at most for input that is already there: microseconds, enough for
// lws to read some 100 KB.
constexpr Time kReadAhead = 1000;

// When a flush is tried again that failed for want of memory.
constexpr Time kTryAgain = 100 * LWS_US_PER_MS;

// All hubs of the process. lws gives vhosts no other way to find each other; contexts may be served
// by different threads.
std::mutex registry_lock;
std::vector<std::weak_ptr<SharedHub>> registry;

// From when on a flush does not wait for its timer.
constexpr Time kLate = 5 * LWS_US_PER_MS;

}  // namespace

std::shared_ptr<SharedHub> SharedHub::of(lws_context* context, const Options& options, const char* vhost_name,
                                         std::string& conflict) {
  if (options.hub_name.empty()) return std::make_shared<SharedHub>(context, options, vhost_name);
  std::lock_guard<std::mutex> lock(registry_lock);
  registry.erase(std::remove_if(registry.begin(), registry.end(), [](const auto& entry) { return entry.expired(); }),
                 registry.end());
  for (const auto& entry : registry) {
    std::shared_ptr<SharedHub> known = entry.lock();
    if (!known || known->context_ != context || known->options_.hub_name != options.hub_name) continue;
    for (const std::string& difference : hub_conflicts(known->options_, options))
      conflict += (conflict.empty() ? "" : ", ") + difference;
    if (!conflict.empty())
      conflict = "shares hub \"" + options.hub_name + "\" with vhost " + known->vhost_name_ +
                 " but they do not agree on " + conflict;
    return known;
  }
  auto made = std::make_shared<SharedHub>(context, options, vhost_name);
  registry.push_back(made);
  return made;
}

SharedHub::SharedHub(lws_context* context, const Options& options, const char* vhost_name)
    : context_(context),
      options_(options),
      vhost_name_(vhost_name),
      hub_(options.hub, stream_kinds(), {this, this}),
      trim_(context, hub_) {
  timer_.owner = this;
  if (options.fanout == FanoutMode::kWrite) return;
  uring_ = UringBatch::make();
  if (!uring_ && options.fanout == FanoutMode::kUring)
    lwsl_warn("lws-chat: vhost %s: io_uring is not to be had here, fanout is by write\n", vhost_name);
}

SharedHub::~SharedHub() { lws_sul_cancel(&timer_.sul); }

void SharedHub::wake(Time due) {
  if (due < scheduled_) schedule(due, 0);
}

void SharedHub::came_from(int fd) {
  source_ = fd;
  wake(hub_.due());
}

// Within a timer's callback lws counts from when it began to look for timers, `elapsed` ago.
void SharedHub::schedule(Time at, Time elapsed) {
  scheduled_ = at;
  Time wait = at - now();
  lws_sul_schedule(context_, 0, &timer_.sul, on_timer, std::max<Time>(1, wait - elapsed));
  // Else it would wait for as long as this took.
  if (wait <= 0 && elapsed > 0) lws_cancel_service(context_);
}

// lws reads a burst in small pieces, one a loop turn. Reading all of it before sending any saves a write
// for each member.
bool SharedHub::worth_waiting() const {
  if (options_.hub.flush_interval == 0 || now() - kReadAhead >= hub_.due()) return false;
  int unread = 0;
  return ioctl(source_, FIONREAD, &unread) == 0 && unread > 0;
}

void SharedHub::on_timer(lws_sorted_usec_list_t* sul) { reinterpret_cast<Timer*>(sul)->owner->guarded_flush(); }

void SharedHub::flush_if_late() {
  if (scheduled_ == Hub::kNever || now() - scheduled_ < kLate) return;
  lws_sul_cancel(&timer_.sul);
  guarded_flush();
}

void SharedHub::guarded_flush() {
  if (guarded("flush", [this] { flush(); })) return;
  // Timers that were due still are.
  batching_ = false;
  schedule(now() + kTryAgain, 0);
}

void SharedHub::flush() {
  // The next piece is read in this loop turn, and schedules anew; the delay is for the case that it is not.
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
  if (!batching_) return nullptr;
  if (uring_->full()) complete();
  return batching_ ? uring_.get() : nullptr;
}

Time SharedHub::complete() {
  if (batching_) {
    // What a client is given in answer to this goes out at once.
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
