#include "lws/vhost/vhost.h"

#include <algorithm>

#include "lws/clock.h"
#include "lws/connection.h"
#include "lws/guard.h"
#include "lws/vhost/pvo.h"
#include "lws/vhost/registry.h"
#include "redis/clash.h"

namespace lws_chat {
namespace {

// Most bytes that the inbox gives to the hub in one turn of the loop.
constexpr uint64_t kInboxPortion = uint64_t{256} * 1024;

}  // namespace

VhostState::VhostState(lws_context* context, lws_vhost* vhost, const lws_protocol_vhost_options* pvos)
    : context_(context),
      name_(lws_get_vhost_name(vhost)),
      options_(default_options()),
      alarms_(context),
      turns_(context),
      back_ends_(options_) {
  if (pvos) configure(vhost, pvos);
  watch_ = std::make_unique<PeerWatch>(context, options_);
  drain_ = std::make_unique<Drain>(context, connections_, options_.drain_time);
  if (serves_) {
    size_t portion = std::min(kInboxPortion, options_.hub.max_lag / 4);
    inbox_publisher_ = std::make_unique<InboxPublisher>(context, inbox_, hub(), portion, name());
  }
  registry::add(context, vhost, *this);
}

VhostState::~VhostState() {
  registry::remove(*this);
  while (Connection* connection = connections_.first()) connection->vhost_ends();
}

// A vhost with wrong options refuses everybody, but lws starts. In lwsws a protocol that fails keeps the vhosts after
// it from starting and the process from dropping its privileges.
void VhostState::configure(lws_vhost* vhost, const lws_protocol_vhost_options* pvos) {
  for (const std::string& problem : read_pvos(pvos, options_)) complain(problem);
  std::string key_problem = back_ends_.read_keys();
  if (!key_problem.empty()) complain(key_problem);
  door_ = std::make_unique<Door>(context_, options_, name(), [this] { return may_log(); });
  std::string door_problem = door_->load();
  if (!door_problem.empty()) complain(door_problem);
  if (lws_get_count_threads(context_) > 1) complain("lws runs several service threads, set count-threads to 1");
  find_hub(vhost);
  back_ends_.serve(*shared_hub_);
  door_->open(shared_hub_->revocations());
  entrance_ = {own_names(options_.allowed_hosts, name_), !options_.open && !has_access_rule(options_), false,
               ConnectRate(options_.max_joins_per_second),
               RateLimit::Settings(options_.message_rate, options_.message_burst)};
  serves_ = options_.enabled && !misconfigured_;
  if (serves_)
    lwsl_notice("lws-chat: vhost %s: serving %s, fanout by %s%s%s\n", name(), options_.path.c_str(),
                shared_hub_->fanout_name(), options_.storage.on() ? ", storage " : "", options_.storage.path.c_str());
  else if (!misconfigured_)
    lwsl_warn("lws-chat: vhost %s: off, because its options do not say \"status\": \"ok\"\n", name());
}

// Vhosts of one context that name the same hub share it. An empty name always makes a hub.
void VhostState::find_hub(lws_vhost* vhost) {
  if (!options_.hub_name.empty())
    registry::each(context_, [this](VhostState& other) {
      if (other.shared_hub_ && other.shared_hub_->name() == options_.hub_name) shared_hub_ = other.shared_hub_;
    });
  if (!shared_hub_) {
    shared_hub_ = std::make_shared<SharedHub>(context_, vhost, options_, name());
  } else {
    std::string conflict = shared_hub_->conflict_with(options_);
    if (!conflict.empty()) complain(conflict);
  }
  if (std::string clash = clash_of_redis(); !clash.empty()) complain(clash);
  shared_hub_->shared_rooms().show(options_.max_message);
  // Without its file the hub would forget what it promises to keep.
  const std::string& problem = shared_hub_->storage().problem();
  if (!problem.empty()) complain(problem);
  if (const std::string& of_redis = shared_hub_->shared_rooms().problem(); !of_redis.empty())
    complain("redis: " + of_redis);
}

// In the order of the configuration, a vhost gives way to those before it.
std::string VhostState::clash_of_redis() const {
  std::string clash;
  registry::each(context_, [&](const VhostState& other) {
    const Options& theirs = other.options_;
    if (!clash.empty() || !other.serves_ || !options_.redis.on() || !theirs.redis.on() || is_one_hub(options_, theirs))
      return;
    clash = redis_clash({options_.redis.servers, options_.redis.prefix}, {theirs.redis.servers, theirs.redis.prefix},
                        "vhost " + other.name_);
  });
  return clash;
}

void VhostState::complain(const std::string& what) {
  misconfigured_ = true;
  lwsl_err("lws-chat: vhost %s: %s; the vhost refuses all clients\n", name(), what.c_str());
}

void VhostState::reload() {
  if (!serves_) return;
  auto report = [this](const std::string& problem, const std::string& what) {
    if (problem.empty())
      lwsl_notice("lws-chat: vhost %s: read %s again\n", name(), what.c_str());
    else
      lwsl_err("lws-chat: vhost %s: %s; the keys in use stay\n", name(), problem.c_str());
  };
  if (!options_.api_key_file.empty()) report(back_ends_.read_keys(), "the keys in " + options_.api_key_file);
  if (options_.tokens.accepts_tokens() || options_.hooks.any())
    report(door_->load(), "the files of token keys and back ends");
}

bool VhostState::may_log() {
  uint64_t left_out = 0;
  bool may = log_budget_.take(now(), left_out);
  if (left_out > 0)
    lwsl_notice("lws-chat: vhost %s: left out %llu lines about clients\n", name(),
                static_cast<unsigned long long>(left_out));
  return may;
}

void VhostState::woken() {
  turns_.end();
  alarms_.ring();
  if (shared_hub_) shared_hub_->storage().woken();
  if (door_) door_->deliver();
  if (inbox_publisher_) inbox_publisher_->publish();
}

}  // namespace lws_chat
