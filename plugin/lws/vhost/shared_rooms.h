#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>
#include <vector>

#include "config/options.h"
#include "core/broker.h"
#include "core/broker_counters.h"
#include "core/log/message.h"
#include "core/peers.h"
#include "core/shared_presence.h"
#include "core/shared_revocations.h"
#include "lws/timer.h"

namespace lws_chat {

class Poller;
class RedisBroker;
class ServerLink;

// The Redis servers of a hub's shared rooms, on lws's event loop. Without the option `redis` it is nothing.
class SharedRooms {
 public:
  // The vhost is one of the hub's. Its name is for the log. The rooms' settings outlive this.
  SharedRooms(lws_context* context, lws_vhost* vhost, const RedisOptions& options, const HubSettings& rooms,
              std::string vhost_name);

  // The hub is gone by then.
  ~SharedRooms();
  SharedRooms(const SharedRooms&) = delete;
  SharedRooms& operator=(const SharedRooms&) = delete;

  // Why the option cannot be used, in one line. Empty: it can, or is not set.
  const std::string& problem() const { return problem_; }

  // nullptr: there is none.
  Broker* broker();

  SharedPresence* presence();
  Peers* peers();
  SharedRevocations* revocations();
  const std::string& node_uid() const;  // precondition: there are peers
  const BrokerCounters* counters();

  // A vhost of the hub permits messages of so many bytes.
  void show(uint64_t max_message);

  // Why some rooms cannot be used now, and for some time. Empty: they can.
  std::string failure() const;

  // For LWS_CALLBACK_RAW_RX_FILE and LWS_CALLBACK_RAW_CLOSE_FILE.
  static void readable(lws* wsi);
  static void closed(lws* wsi);

 private:
  void watch();
  void serve();
  void schedule();
  void report(bool good, const std::string& line);

  lws_vhost* vhost_;
  std::string vhost_name_;
  std::string problem_;
  std::unique_ptr<Poller> poller_;
  std::vector<std::unique_ptr<ServerLink>> links_;
  std::unique_ptr<RedisBroker> broker_;
  lws* wsi_ = nullptr;  // stands for the poller's descriptor
  Timer timer_;
};

}  // namespace lws_chat
