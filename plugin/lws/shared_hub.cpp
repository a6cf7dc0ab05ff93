#include "lws/shared_hub.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "dialect/frame.h"

namespace lws_chat {
namespace {

// One flush stops after so many writes (some milliseconds) and goes on in the next loop turn, so that
// a very large room does not keep the server from reading and accepting.
constexpr size_t kWritesPerTurn = 1024;

// All hubs of the process. lws gives vhosts no other way to find each other; contexts may be served
// by different threads.
std::mutex registry_lock;
std::vector<std::weak_ptr<SharedHub>> registry;

}  // namespace

std::shared_ptr<SharedHub> SharedHub::of(lws_context* context, const Options& options, const char* vhost_name,
                                         std::string& conflict) {
  if (options.hub.empty()) return std::make_shared<SharedHub>(context, options, vhost_name);
  std::lock_guard<std::mutex> lock(registry_lock);
  registry.erase(std::remove_if(registry.begin(), registry.end(), [](const auto& entry) { return entry.expired(); }),
                 registry.end());
  for (const auto& entry : registry) {
    std::shared_ptr<SharedHub> known = entry.lock();
    if (!known || known->context_ != context || known->options_.hub != options.hub) continue;
    for (const std::string& difference : hub_conflicts(known->options_, options))
      conflict += (conflict.empty() ? "" : ", ") + difference;
    if (!conflict.empty())
      conflict = "shares hub \"" + options.hub + "\" with vhost " + known->vhost_name_ + " but they do not agree on " +
                 conflict;
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
      hub_(Hub::Settings{options.max_lag, static_cast<Time>(options.flush_interval) * 1000}, append_message) {
  timer_.owner = this;
}

SharedHub::~SharedHub() { lws_sul_cancel(&timer_.sul); }

void SharedHub::schedule_flush() {
  Time due = hub_.due();
  if (due >= scheduled_) return;
  scheduled_ = due;
  lws_sul_schedule(context_, 0, &timer_.sul, on_timer, std::max<Time>(1, due - static_cast<Time>(lws_now_usecs())));
}

void SharedHub::on_timer(lws_sorted_usec_list_t* sul) {
  SharedHub* self = reinterpret_cast<Timer*>(sul)->owner;
  try {
    self->flush();
  } catch (const std::exception& error) {
    lwsl_err("lws-chat: flush: %s\n", error.what());
  }
}

void SharedHub::flush() {
  scheduled_ = Hub::kNever;
  hub_.flush(static_cast<Time>(lws_now_usecs()), kWritesPerTurn);
  schedule_flush();
}

}  // namespace lws_chat
