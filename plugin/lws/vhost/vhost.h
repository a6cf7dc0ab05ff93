#pragma once

#include <libwebsockets.h>

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "access/address_range.h"
#include "access/api_keys.h"
#include "access/own_name.h"
#include "access/rate_limit.h"
#include "api/metrics.h"
#include "api/server_api.h"
#include "config/options.h"
#include "core/log_budget.h"
#include "lws-chat.h"
#include "lws/http/http_connection.h"
#include "lws/vhost/alarms.h"
#include "lws/vhost/peer_address.h"
#include "lws/vhost/peer_watch.h"
#include "lws/vhost/shared_hub.h"
#include "lws/ws/inbox.h"
#include "lws/ws/unfinished_message.h"

namespace lws_chat {

class Connection;
class EventStream;

// What the plugin keeps for one lws vhost. lws's per-vhost memory holds one pointer to it.
class VhostState {
 public:
  // PROTOCOL_INIT and PROTOCOL_DESTROY. `pvos` is nullptr where the vhost does not name the protocol.
  static void create(lws_context* context, lws_vhost* vhost, const lws_protocols* protocol,
                     const lws_protocol_vhost_options* pvos);
  static void destroy(lws_vhost* vhost, const lws_protocols* protocol);

  // The state of a connection's vhost, or nullptr.
  static VhostState* of(lws* wsi);

  // For the ops table: see lws-chat.h.
  static void drain_all(lws_context* context);
  static unsigned drain_seconds(lws_context* context);
  static void certificate_expires(lws_vhost* vhost, unsigned long unix_seconds);
  static void reload_all(lws_context* context);
  static size_t count_connections(lws_context* context);
  static size_t count_misconfigured(lws_context* context);

  // From any thread: puts a message into the inbox of a vhost. Returns an enum lws_chat_result.
  static int publish_from_outside(const lws_vhost* vhost, std::string_view room, std::string_view payload,
                                  Format format);
  static int room_stats(const lws_vhost* vhost, std::string_view room, lws_chat_room_stats& stats);

  // EVENT_WAIT_CANCELLED.
  void woken();

  ~VhostState();
  VhostState(const VhostState&) = delete;
  VhostState& operator=(const VhostState&) = delete;

  const Options& options() const { return options_; }
  const char* name() const { return name_.c_str(); }
  SharedHub& shared_hub() { return *shared_hub_; }
  Hub& hub() { return shared_hub_->hub(); }
  size_t connections() const { return connections_; }

  // Whether upgrades are served at all; not where the vhost did not ask for it or asked for it wrongly.
  bool serves() const { return serves_; }
  bool draining() const { return draining_; }
  const ApiKeys& api_keys() const { return api_keys_; }
  const std::vector<AddressRange>& admin_from() const { return options_.admin_from; }
  const std::vector<AddressRange>& trusted_proxies() const { return options_.trusted_proxies; }
  const OwnNames& own_names() const { return own_names_; }
  PeerAddress client_of(lws* wsi) const { return {wsi, options_.trusted_proxies}; }
  bool is_trusted_proxy(const PeerAddress& peer) const { return peer.is_in(options_.trusted_proxies); }
  const RateLimit::Settings& message_rate() const { return message_rate_; }

  // Whether what a peer does may be said in the log now.
  bool may_log();

  // What back ends ask for, and how often they did.
  ServerApi server_api() { return {hub(), shared_hub_->sessions(), shared_hub_->idempotency(), options_, node_}; }
  void count_api_call(std::string method, unsigned status) { ++api_calls_[{std::move(method), status}]; }
  std::string metrics();

  // True if a vhost of the same hub takes no more clients.
  bool hub_is_full() const;

  // Counts a connection from this address. Returns whether that is still within max-joins-per-second.
  bool admit_from(const PeerAddress& address);

  void add(Connection& connection);
  void remove(Connection& connection);
  Alarms& alarms() { return *alarms_; }
  UnfinishedMessages& unfinished() { return unfinished_; }
  // Over peers that vanish.
  PeerWatch& watch() { return *watch_; }

  HttpConnections& http_connections() { return http_connections_; }

  // Its turned() is called once, when lws has looked at all sockets.
  void await_turn(EventStream& stream);
  void forget_turn(EventStream& stream);

 private:
  struct Timer {
    lws_sorted_usec_list_t sul;
    VhostState* owner;
  };

  VhostState(lws_context* context, lws_vhost* vhost, const lws_protocol_vhost_options* pvos);
  void configure(const lws_protocol_vhost_options* pvos);
  void complain(const std::string& what);
  [[nodiscard]] std::string read_api_keys();
  void reload();
  void drain();
  static void on_drain_timer(lws_sorted_usec_list_t* sul);
  void drain_some();

  // Publishes what other threads have put into the inbox.
  void empty_inbox();
  void publish_from_inbox();
  void note_inbox(const Published& published);
  static void on_inbox_timer(lws_sorted_usec_list_t* sul);

  static VhostState* registered(const lws_vhost* vhost);
  CertificateExpiries certificate_expiries() const;
  ApiCalls api_calls_of_hub() const;

  lws_context* context_;
  lws_vhost* vhost_;
  std::string name_;
  Options options_;
  bool serves_ = false;
  bool misconfigured_ = false;
  bool draining_ = false;
  std::shared_ptr<SharedHub> shared_hub_;
  std::unique_ptr<Alarms> alarms_;
  UnfinishedMessages unfinished_;
  std::unique_ptr<PeerWatch> watch_;
  RateLimit::Settings message_rate_{0, 0};
  std::unordered_map<Origin, uint64_t> joins_;  // of this second, by address
  Time joins_since_ = 0;
  std::unordered_set<EventStream*> turning_;  // await the end of the loop's turn
  Connection* first_ = nullptr;               // all connections, linked through them
  size_t connections_ = 0;
  ApiKeys api_keys_;
  OwnNames own_names_;
  ServerApi::Node node_;
  ApiCalls api_calls_;
  HttpConnections http_connections_;
  uint64_t certificate_expiry_ = 0;  // seconds since 1970; 0: not known
  LogBudget log_budget_;
  Inbox inbox_;
  std::list<Inbox::Item> publishing_;  // taken out of it, and not published yet
  Timer inbox_timer_{};
  Time inbox_logged_ = 0;
  Lifetime lifetime_;
  Timer drain_timer_{};
  Connection* drain_next_ = nullptr;  // the first that has not been told yet
  size_t drain_steps_ = 0;            // that are left
};

}  // namespace lws_chat
