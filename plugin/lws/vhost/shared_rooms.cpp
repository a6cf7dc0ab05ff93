#include "lws/vhost/shared_rooms.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "access/regular_file.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/vhost/waiting.h"
#include "redis/address.h"
#include "redis/broker.h"
#include "redis/keys.h"
#include "redis/poller.h"
#include "redis/server_link.h"

namespace lws_chat {
namespace {

// Time until another attempt if lws cannot watch the servers' sockets.
constexpr Time kTryAgain = LWS_US_PER_SEC;

// Returns what is wrong with the file. Empty: nothing, or there is none.
std::string read_password(const std::string& file, std::string& password) {
  if (file.empty()) return {};
  FileText read = read_secret_file(file);
  if (!read.problem.empty()) return read.problem;
  password = read.text.substr(0, read.text.find_first_of("\r\n"));
  return password.empty() ? "the first line of " + file + " is empty, write the password there" : std::string();
}

}  // namespace

// lws takes a descriptor only when its loop runs, so the timer asks for that.
SharedRooms::SharedRooms(lws_context* context, lws_vhost* vhost, const RedisOptions& options, const HubSettings& rooms,
                         std::string vhost_name)
    : vhost_(vhost), vhost_name_(std::move(vhost_name)), timer_(context, "redis", [this] { serve(); }) {
  if (!options.on()) return;
  std::vector<RedisServer> servers;
  problem_ = read_redis_urls(options.servers, servers);
  if (!problem_.empty()) return;
  poller_ = std::make_unique<Poller>();
  RedisKeys keys(options.prefix);
  std::vector<RedisLink*> links;
  for (const RedisServer& server : servers) {
    RedisLinkSettings settings;
    settings.server = server;
    settings.password = [file = options.password_file](std::string& password) { return read_password(file, password); };
    settings.ca_file = options.tls_ca_file;
    settings.channels = {keys.control(), keys.node({}), keys.of_room({}).channel};
    settings.report = [this](bool good, const std::string& line) { report(good, line); };
    links_.push_back(std::make_unique<ServerLink>(*poller_, settings));
    links.push_back(links_.back().get());
  }
  broker_ = std::make_unique<RedisBroker>(
      rooms, options.prefix, links, [this](bool good, const std::string& line) { report(good, line); },
      [this] { poller_->ask_for_run(); });
  broker_->peers().has_servers(digest_of(servers));
  timer_.set(1);
}

SharedRooms::~SharedRooms() {
  // The other nodes are told that this one is gone; the links send it when they end.
  broker_.reset();
  if (!wsi_) return;
  lws_set_opaque_user_data(wsi_, nullptr);
  lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

Broker* SharedRooms::broker() { return broker_.get(); }

void SharedRooms::show(uint64_t max_message) {
  if (broker_) broker_->show(max_message);
}

SharedPresence* SharedRooms::presence() { return broker_.get(); }

Peers* SharedRooms::peers() { return broker_ ? &broker_->peers() : nullptr; }

SharedRevocations* SharedRooms::revocations() { return broker_ ? &broker_->revocations() : nullptr; }

const std::string& SharedRooms::node_uid() const { return broker_->peers().uid(); }

const BrokerCounters* SharedRooms::counters() { return broker_ ? &broker_->counters() : nullptr; }

// lws closes the descriptor that it watches, so it gets one of its own.
void SharedRooms::watch() {
  lws_sock_file_fd_type descriptor{};
  descriptor.filefd = fcntl(poller_->descriptor(), F_DUPFD_CLOEXEC, 0);
  if (descriptor.filefd < 0) return;
  wsi_ = lws_adopt_descriptor_vhost(vhost_, LWS_ADOPT_RAW_FILE_DESC, descriptor, "lws-chat", nullptr);
  if (!wsi_) return lwsl_err("lws-chat: vhost %s: lws cannot watch the connections to Redis\n", vhost_name_.c_str());
  lws_set_opaque_user_data(wsi_, this);
  waiting::served(wsi_);
}

void SharedRooms::readable(lws* wsi) {
  if (auto* self = static_cast<SharedRooms*>(lws_get_opaque_user_data(wsi))) self->serve();
}

void SharedRooms::closed(lws* wsi) {
  auto* self = static_cast<SharedRooms*>(lws_get_opaque_user_data(wsi));
  if (!self) return;
  self->wsi_ = nullptr;
  self->timer_.set(kTryAgain);
}

void SharedRooms::serve() {
  if (!wsi_) watch();
  poller_->run(now());
  broker_->tick(now());
  schedule();
}

void SharedRooms::schedule() {
  Time due = std::min(poller_->due(), broker_->due());
  if (!wsi_) due = std::min(due, now() + kTryAgain);
  if (due == kNever) return timer_.cancel();
  timer_.set(due - now());
}

std::string SharedRooms::failure() const {
  std::string why = broker_ ? broker_->failure(now()) : std::string();
  return why.empty() ? why : "redis: " + why;
}

void SharedRooms::report(bool good, const std::string& line) {
  if (good)
    lwsl_notice("lws-chat: vhost %s: redis: %s\n", vhost_name_.c_str(), line.c_str());
  else
    lwsl_err("lws-chat: vhost %s: redis: %s\n", vhost_name_.c_str(), line.c_str());
}

}  // namespace lws_chat
