#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>

#include "access/own_name.h"
#include "access/rate_limit.h"
#include "config/options.h"
#include "core/log_budget.h"
#include "lws/http/http_connection.h"
#include "lws/vhost/alarms.h"
#include "lws/vhost/back_ends.h"
#include "lws/vhost/connect_rate.h"
#include "lws/vhost/connection_list.h"
#include "lws/vhost/door.h"
#include "lws/vhost/drain.h"
#include "lws/vhost/inbox.h"
#include "lws/vhost/inbox_publisher.h"
#include "lws/vhost/peer_watch.h"
#include "lws/vhost/shared_hub.h"
#include "lws/vhost/turns.h"
#include "lws/ws/unfinished_message.h"

namespace lws_chat {

// Rules for a vhost's clients, made of its options.
struct Entrance {
  OwnNames own_names;
  bool for_this_machine = true;  // refuses clients of other machines
  bool said_so = false;          // a log line has said that; further refusals are only counted
  ConnectRate connect_rate{0};
  RateLimit::Settings message_rate{0, 0};
};

// The plugin's state for one lws vhost: its options, its hub, its connections, and the parts that these share.
class VhostState {
 public:
  // `pvos` is nullptr if the vhost does not name the protocol. Then there is no hub.
  VhostState(lws_context* context, lws_vhost* vhost, const lws_protocol_vhost_options* pvos);
  ~VhostState();
  VhostState(const VhostState&) = delete;
  VhostState& operator=(const VhostState&) = delete;

  lws_context* context() const { return context_; }
  const char* name() const { return name_.c_str(); }
  const Options& options() const { return options_; }

  // The vhost serves clients. It does not if its options do not ask for it, or are wrong. In the latter case it is
  // misconfigured and refuses everybody.
  bool serves() const { return serves_; }
  bool misconfigured() const { return misconfigured_; }

  SharedHub& shared_hub() { return *shared_hub_; }
  Hub& hub() { return shared_hub_->hub(); }
  bool shares_hub_with(const VhostState& other) const { return shared_hub_ && shared_hub_ == other.shared_hub_; }

  ConnectionList& connections() { return connections_; }
  Alarms& alarms() { return alarms_; }
  PeerWatch& watch() { return *watch_; }
  Turns& turns() { return turns_; }
  Drain& drain() { return *drain_; }
  UnfinishedMessages& unfinished() { return unfinished_; }
  HttpConnections& http_connections() { return http_connections_; }
  Entrance& entrance() { return entrance_; }
  BackEnds& back_ends() { return back_ends_; }
  Inbox& inbox() { return inbox_; }
  Door& door() { return *door_; }

  // Counts a log line that a peer causes. Returns true if it may be written.
  bool may_log();

  // Reads the files again that options name.
  void reload();

  // For EVENT_WAIT_CANCELLED.
  void woken();

 private:
  void configure(lws_vhost* vhost, const lws_protocol_vhost_options* pvos);
  void find_hub(lws_vhost* vhost);
  std::string clash_of_redis() const;
  void complain(const std::string& what);

  lws_context* context_;
  std::string name_;
  Options options_;
  bool serves_ = false;
  bool misconfigured_ = false;
  std::shared_ptr<SharedHub> shared_hub_;
  ConnectionList connections_;
  Alarms alarms_;
  std::unique_ptr<PeerWatch> watch_;
  Turns turns_;
  std::unique_ptr<Drain> drain_;
  UnfinishedMessages unfinished_;
  HttpConnections http_connections_;
  Entrance entrance_;
  BackEnds back_ends_;
  std::unique_ptr<Door> door_;  // nullptr: the vhost does not name the protocol
  Inbox inbox_;
  std::unique_ptr<InboxPublisher> inbox_publisher_;  // nullptr: the vhost does not serve
  LogBudget log_budget_;
};

}  // namespace lws_chat
