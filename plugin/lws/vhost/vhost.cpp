#include "lws/vhost/vhost.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "lws/clock.h"
#include "lws/connection.h"
#include "lws/guard.h"
#include "lws/http/event_stream.h"
#include "lws/vhost/pvo.h"

namespace lws_chat {
namespace {

// All vhosts of the process that have the plugin, for the calls that mean a whole context.
std::mutex registry_lock;
std::vector<VhostState*> registry;

// What the inbox gives to the hub in one turn of the event loop, in bytes.
constexpr uint64_t kInboxPortion = uint64_t{256} * 1024;

// When a message is tried again that could not be published for want of memory.
constexpr Time kTryAgain = 100 * LWS_US_PER_MS;

// How long it is from closing some clients to closing the next, when they are not all closed at once.
constexpr Time kDrainStep = 100 * LWS_US_PER_MS;

// True if the configuration says that only this machine may come. A Unix socket is none of that: no browser connects to
// one.
bool listens_on_loopback(lws_vhost* vhost) {
  const char* interface = lws_get_vhost_iface(vhost);
  std::string_view name = interface ? interface : "";
  return name == "lo" || name == "::1" || is_loopback_host(name);
}

}  // namespace

void VhostState::create(lws_context* context, lws_vhost* vhost, const lws_protocols* protocol,
                        const lws_protocol_vhost_options* pvos) {
  auto** slot = static_cast<VhostState**>(lws_protocol_vh_priv_zalloc(vhost, protocol, sizeof(void*)));
  if (!slot) return lwsl_err("lws-chat: vhost %s: no memory\n", lws_get_vhost_name(vhost));
  *slot = new VhostState(context, vhost, pvos);
}

void VhostState::destroy(lws_vhost* vhost, const lws_protocols* protocol) {
  auto** slot = static_cast<VhostState**>(lws_protocol_vh_priv_get(vhost, protocol));
  if (!slot) return;
  delete *slot;
  *slot = nullptr;
}

VhostState* VhostState::of(lws* wsi) {
  auto** slot = static_cast<VhostState**>(lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi)));
  return slot ? *slot : nullptr;
}

VhostState::VhostState(lws_context* context, lws_vhost* vhost, const lws_protocol_vhost_options* pvos)
    : context_(context), vhost_(vhost), name_(lws_get_vhost_name(vhost)), options_(default_options()) {
  drain_timer_.owner = inbox_timer_.owner = this;
  if (pvos) configure(pvos);
  alarms_ = std::make_unique<Alarms>(context);
  watch_ = std::make_unique<PeerWatch>(context, options_);
  std::lock_guard<std::mutex> lock(registry_lock);
  registry.push_back(this);
}

VhostState::~VhostState() {
  {
    std::lock_guard<std::mutex> lock(registry_lock);
    registry.erase(std::remove(registry.begin(), registry.end(), this), registry.end());
  }
  lws_sul_cancel(&drain_timer_.sul);
  lws_sul_cancel(&inbox_timer_.sul);
  while (first_) first_->orphan();
}

// A vhost with wrong options refuses everybody rather than failing lws's start: in lwsws a failing
// protocol keeps the vhosts after it from starting and the process from dropping its privileges.
void VhostState::configure(const lws_protocol_vhost_options* pvos) {
  for (const std::string& problem : read_pvos(pvos, options_)) complain(problem);
  std::string key_problem = read_api_keys();
  if (!key_problem.empty()) complain(key_problem);
  if (lws_get_count_threads(context_) > 1) complain("lws runs several service threads, set count-threads to 1");
  std::string conflict;
  shared_hub_ = SharedHub::of(context_, options_, name_.c_str(), conflict);
  if (!conflict.empty()) complain(conflict);
  own_names_ =
      lws_chat::own_names(options_.server_names, name_, listens_on_loopback(vhost_), !options_.trusted_proxies.empty());
  char host_name[256] = "";
  gethostname(host_name, sizeof host_name - 1);
  node_ = {hub().next_id(), std::string(host_name) + "/" + name_, now()};
  message_rate_ = RateLimit::Settings(options_.message_rate, options_.message_burst);
  serves_ = options_.enabled && !misconfigured_;
  if (serves_)
    lwsl_notice("lws-chat: vhost %s: serving %s, fanout by %s\n", name_.c_str(), options_.path.c_str(),
                shared_hub_->fanout_name());
  else if (!misconfigured_)
    lwsl_warn("lws-chat: vhost %s: off, because its options do not say \"status\": \"ok\"\n", name_.c_str());
}

// Returns what is wrong with the file, or an empty text.
std::string VhostState::read_api_keys() {
  if (options_.api_key_file.empty()) return "";
  std::string problem = api_keys_.load(options_.api_key_file);
  return problem.empty() ? "" : "api-key-file " + options_.api_key_file + ": " + problem;
}

// A fault of one vhost keeps nothing from the others.
void VhostState::reload_all(lws_context* context) {
  std::lock_guard<std::mutex> lock(registry_lock);
  for (VhostState* vhost : registry)
    if (vhost->context_ == context) guarded("reload", [vhost] { vhost->reload(); });
}

void VhostState::reload() {
  if (!serves_ || options_.api_key_file.empty()) return;
  std::string problem = read_api_keys();
  if (problem.empty())
    lwsl_notice("lws-chat: vhost %s: read the keys in %s again\n", name(), options_.api_key_file.c_str());
  else
    lwsl_err("lws-chat: vhost %s: %s; the keys in use stay\n", name(), problem.c_str());
}

void VhostState::complain(const std::string& what) {
  misconfigured_ = true;
  lwsl_err("lws-chat: vhost %s: %s; the vhost refuses all clients\n", name_.c_str(), what.c_str());
}

bool VhostState::may_log() {
  uint64_t left_out = 0;
  bool may = log_budget_.take(now(), left_out);
  if (left_out > 0)
    lwsl_notice("lws-chat: vhost %s: left out %llu lines about clients\n", name(),
                static_cast<unsigned long long>(left_out));
  return may;
}

std::string VhostState::metrics() {
  return metrics_text(hub(), {shared_hub_->fanout_name(), lws_get_library_version(), draining_, api_calls_of_hub(),
                              certificate_expiries()});
}

// A vhost of its own for those who watch over the server tells of all others.
ApiCalls VhostState::api_calls_of_hub() const {
  std::lock_guard<std::mutex> lock(registry_lock);
  ApiCalls calls;
  for (const VhostState* state : registry)
    if (state->shared_hub_ == shared_hub_)
      for (const auto& [call, count] : state->api_calls_) calls[call] += count;
  return calls;
}

bool VhostState::hub_is_full() const {
  std::lock_guard<std::mutex> lock(registry_lock);
  return std::any_of(registry.begin(), registry.end(), [this](const VhostState* state) {
    uint64_t most = state->options_.max_clients;
    return state->shared_hub_ == shared_hub_ && most > 0 && state->connections_ >= most;
  });
}

void VhostState::certificate_expires(lws_vhost* vhost, unsigned long unix_seconds) {
  std::lock_guard<std::mutex> lock(registry_lock);
  for (VhostState* state : registry)
    if (state->vhost_ == vhost) state->certificate_expiry_ = unix_seconds;
}

// Of all vhosts: who asks one for numbers asks no other.
CertificateExpiries VhostState::certificate_expiries() const {
  std::lock_guard<std::mutex> lock(registry_lock);
  CertificateExpiries expiries;
  for (const VhostState* state : registry)
    if (state->context_ == context_ && state->certificate_expiry_ > 0)
      expiries[{state->name_, lws_get_vhost_port(state->vhost_)}] = state->certificate_expiry_;
  return expiries;
}

bool VhostState::admit_from(const PeerAddress& address) {
  if (options_.max_joins_per_second == 0) return true;
  Time at = now();
  if (at - joins_since_ >= LWS_US_PER_SEC) {
    joins_.clear();
    joins_since_ = at;
  }
  return ++joins_[address.origin()] <= options_.max_joins_per_second;
}

void VhostState::add(Connection& connection) {
  connection.next_ = first_;
  if (first_) first_->previous_ = &connection;
  first_ = &connection;
  ++connections_;
}

void VhostState::remove(Connection& connection) {
  (connection.previous_ ? connection.previous_->next_ : first_) = connection.next_;
  if (connection.next_) connection.next_->previous_ = connection.previous_;
  if (drain_next_ == &connection) drain_next_ = connection.next_;
  --connections_;
  watch_->forget(connection);
}

void VhostState::await_turn(EventStream& stream) {
  turning_.insert(&stream);
  lws_cancel_service(context_);
}

void VhostState::forget_turn(EventStream& stream) { turning_.erase(&stream); }

void VhostState::woken() {
  for (EventStream* stream : std::exchange(turning_, {}))
    if (!guarded("event stream", [&] { stream->turned(); })) stream->kill(Status::kInternalError);
  alarms_->ring();
  empty_inbox();
}

// Precondition: the registry is locked.
VhostState* VhostState::registered(const lws_vhost* vhost) {
  auto is_it = [vhost](const VhostState* state) { return state->vhost_ == vhost && state->serves_; };
  auto found = std::find_if(registry.begin(), registry.end(), is_it);
  return found == registry.end() ? nullptr : *found;
}

// The vhost stays while the registry is locked.
int VhostState::publish_from_outside(const lws_vhost* vhost, std::string_view room, std::string_view payload,
                                     Format format) {
  if (!is_room_name(room)) return LWS_CHAT_BAD_ROOM;
  std::lock_guard<std::mutex> lock(registry_lock);
  VhostState* state = registered(vhost);
  if (!state) return LWS_CHAT_NO_SERVICE;
  if (payload.size() > state->options_.max_message) return LWS_CHAT_TOO_BIG;
  if (format == Format::kBinary && state->options_.binary == BinaryPolicy::kRefuse) return LWS_CHAT_BAD_MESSAGE;
  bool wake = false;
  if (!state->inbox_.put(room, payload, format, wake)) return LWS_CHAT_BUSY;
  if (wake) lws_cancel_service(state->context_);
  return LWS_CHAT_OK;
}

// In portions, so that what is published is sent out and clients are listened to in between. Its publishers were told
// that it will be published: what cannot be for want of memory is tried again.
void VhostState::empty_inbox() {
  if (!serves_) return;
  bool done = guarded("publish", [&] { publish_from_inbox(); });
  if (!done) lws_sul_schedule(context_, 0, &inbox_timer_.sul, on_inbox_timer, kTryAgain);
}

void VhostState::on_inbox_timer(lws_sorted_usec_list_t* sul) { reinterpret_cast<Timer*>(sul)->owner->empty_inbox(); }

void VhostState::publish_from_inbox() {
  bool more = false;
  publishing_.splice(publishing_.end(), inbox_.take(std::min(kInboxPortion, options_.hub.max_lag / 4), more));
  for (; !publishing_.empty(); publishing_.pop_front()) {
    const Inbox::Item& item = publishing_.front();
    Message message{item.payload, item.format, {}, {}, false, unix_ms()};
    // It was accepted from code of this process: how it ends is for the log only.
    hub().publish({}, {item.room, message}, now()).then(lifetime_, [this](const Published& published) {
      note_inbox(published);
    });
  }
  if (more) lws_cancel_service(context_);
}

void VhostState::note_inbox(const Published& published) {
  if (published.status == Status::kOk) return;
  if (inbox_logged_ != 0 && now() - inbox_logged_ < LWS_US_PER_SEC) return;
  inbox_logged_ = now();
  lwsl_warn("lws-chat: vhost %s: dropped a message published in this process: %s\n", name(),
            std::string(describe(published.status).text).c_str());
}

int VhostState::room_stats(const lws_vhost* vhost, std::string_view name, lws_chat_room_stats& stats) {
  if (!is_room_name(name)) return LWS_CHAT_BAD_ROOM;
  std::lock_guard<std::mutex> lock(registry_lock);
  VhostState* state = registered(vhost);
  if (!state) return LWS_CHAT_NO_SERVICE;
  const Room* room = state->hub().find(name);
  if (!room) return LWS_CHAT_NO_ROOM;
  const History& history = room->history();
  stats = {room->members().size(), static_cast<unsigned long>(history.top()), {}, history.count(), history.bytes()};
  room->epoch().copy(stats.epoch, sizeof stats.epoch - 1);
  return LWS_CHAT_OK;
}

void VhostState::drain() {
  draining_ = true;
  drain_next_ = first_;
  drain_steps_ = static_cast<size_t>(options_.drain_time / kDrainStep);
  drain_some();
}

void VhostState::on_drain_timer(lws_sorted_usec_list_t* sul) { reinterpret_cast<Timer*>(sul)->owner->drain_some(); }

// As many as make all of them be told evenly in the time there is; in the last step also those who came meanwhile.
void VhostState::drain_some() {
  Status why = options_.drain_time > 0 ? Status::kRestarting : Status::kGoingAway;
  size_t count = connections_ / (drain_steps_ + 1) + 1;
  if (drain_steps_ == 0) drain_next_ = first_, count = connections_;
  for (; count > 0 && drain_next_; --count) {
    Connection* connection = drain_next_;
    drain_next_ = connection->next_;
    if (!guarded("drain", [&] { connection->drain(why); })) connection->kill(why);
  }
  if (drain_steps_ == 0) return;
  --drain_steps_;
  lws_sul_schedule(context_, 0, &drain_timer_.sul, on_drain_timer, kDrainStep);
}

unsigned VhostState::drain_seconds(lws_context* context) {
  std::lock_guard<std::mutex> lock(registry_lock);
  Time longest = 0;
  for (const VhostState* vhost : registry)
    if (vhost->context_ == context && vhost->first_) longest = std::max(longest, vhost->options_.drain_time);
  return static_cast<unsigned>(longest / LWS_US_PER_SEC);
}

void VhostState::drain_all(lws_context* context) {
  std::lock_guard<std::mutex> lock(registry_lock);
  for (VhostState* vhost : registry)
    if (vhost->context_ == context && !vhost->draining_) guarded("drain", [vhost] { vhost->drain(); });
  // Called from outside lws, whose loop looks at its timers only when something wakes it.
  if (context) lws_cancel_service(context);
}

size_t VhostState::count_connections(lws_context* context) {
  std::lock_guard<std::mutex> lock(registry_lock);
  size_t count = 0;
  for (VhostState* vhost : registry)
    if (vhost->context_ == context) count += vhost->connections_;
  return count;
}

size_t VhostState::count_misconfigured(lws_context* context) {
  std::lock_guard<std::mutex> lock(registry_lock);
  return static_cast<size_t>(std::count_if(registry.begin(), registry.end(), [context](const VhostState* vhost) {
    return vhost->context_ == context && vhost->misconfigured_;
  }));
}

}  // namespace lws_chat
