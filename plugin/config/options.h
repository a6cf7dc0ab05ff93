#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/address_range.h"
#include "access/hook_settings.h"
#include "access/jwt_settings.h"
#include "access/origins.h"
#include "access/own_name.h"
#include "core/settings.h"

// The options of the plugin, as typed values. Each text is parsed once, in set_option(). After that every duration is
// in microseconds and every size in bytes.
//
// option_table.h explains how to add an option.
namespace lws_chat {

enum class BinaryPolicy { kRefuse, kRelay };
enum class FanoutMode { kAuto, kWrite, kUring };
enum class StorageSync { kNormal, kFull };

// The file that keeps the messages of durable rooms.
struct StorageSettings {
  std::string path;                         // empty: messages are in memory only
  StorageSync sync = StorageSync::kNormal;  // kFull: also a loss of power loses nothing
  uint64_t max_bytes = 0;                   // of the file

  bool on() const { return !path.empty(); }
};

// The Redis servers through which several servers share their rooms.
struct RedisOptions {
  std::string servers;        // URLs, read by redis/address.h; empty: rooms are of this server alone
  std::string prefix;         // of the names of keys and channels
  std::string password_file;  // empty: the servers ask for no password
  std::string tls_ca_file;    // empty: the system's certificate authorities

  bool on() const { return !servers.empty(); }
};

struct Options {
  bool enabled = false;                       // "status": "ok"
  bool is_default = false;                    // serves upgrades without a subprotocol, too
  bool open = false;                          // serves everybody, although there is no access rule
  std::string path;                           // of the text dialect
  std::string default_room;                   // the room at `path` itself; other rooms are below it
  std::string structured_path;                // of the structured dialect; empty: not served
  bool structured_streams = true;             // it is served over answers that do not end, too
  std::string home;                           // where GET / redirects to; empty: 404
  std::string hub_name;                       // vhosts with the same name share their rooms; empty: rooms of its own
  std::string api_key_file;                   // empty: no server API
  JwtSettings tokens;                         // which tokens clients may show
  std::string token_cookie;                   // the cookie that may hold a token; empty: none
  bool metrics = false;                       // serves GET /metrics
  bool health = false;                        // serves GET /healthz and /readyz
  std::vector<AddressRange> admin_from;       // may read metrics and health
  std::vector<AddressRange> trusted_proxies;  // their X-Forwarded-For names the client
  std::string close_word;                     // a text that asks the server to close; empty: none
  std::string close_reply;                    // the answer to it; empty: none
  BinaryPolicy binary = BinaryPolicy::kRefuse;
  Origins allowed_origins;
  AllowedHosts allowed_hosts;         // names that a Host field may have besides the vhost's
  uint64_t max_message = 0;           // bytes of one message, after reassembly
  uint64_t max_waiting = 0;           // connections without a request, of all vhosts; 0: no limit
  uint64_t max_waiting_from = 0;      // those from one address; 0: no limit
  uint64_t max_clients = 0;           // connections of this vhost; 0: no limit
  uint64_t max_subscriptions = 0;     // rooms of one structured client
  uint64_t max_joins_per_second = 0;  // connections from one address; 0: no limit
  uint64_t message_rate = 0;          // messages per second of one client; 0: no limit
  uint64_t message_burst = 0;         // messages above that rate at once
  Time drain_time = 0;                // in which the clients are closed at shutdown; 0: at once
  Time ping_interval = 0;             // silence after which a peer is pinged; 0: never
  Time pong_timeout = 0;              // in which a pinged peer must answer
  FanoutMode fanout = FanoutMode::kAuto;
  bool compression = false;    // clients may negotiate permessage-deflate
  uint64_t compress_from = 0;  // messages of fewer bytes are sent as they are
  bool anonymous = true;       // clients without a user may connect
  Time expiry_grace = 0;       // after which a client is closed that has not shown a new token
  HookSettings hooks;          // back ends that are asked
  StorageSettings storage;
  RedisOptions redis;
  HubSettings hub;  // finish_options() fills in its namespaces

  // An option of one namespace: "typing/history-size".
  struct Override {
    std::string name_space;
    size_t option;       // place in the table
    RoomSettings value;  // only this option is set
  };
  std::vector<Override> overrides;
};

// All options at their defaults.
Options default_options();

// Sets an option, or an option of a namespace ("typing/history-size"), from its text. Returns an empty string, or what
// is wrong and what was expected ("\"ten\" is not a whole number, expected 0 to 86400 s").
[[nodiscard]] std::string set_option(Options& options, std::string_view name, std::string_view value);

// Call it when all options are set. It fills in the namespaces; options that a namespace does not set inherit the
// vhost's. Returns an empty string, or the options that contradict each other.
[[nodiscard]] std::string finish_options(Options& options);

// Returns the settings of the hub as they work: without Redis no room is shared; without storage or a history no room
// is durable, and no shared room is; a room that is not durable has its whole history in memory. Precondition:
// finish_options() was called.
HubSettings hub_settings(const Options& options);

// Returns true if some room is durable.
bool has_durable_rooms(const Options& options);

// Returns true if an option says which clients may come in, for example by a token. A vhost without such an option
// serves clients of this machine only, unless it is `open`.
bool has_access_rule(const Options& options);

// Returns true if clients that nobody knows may publish in some room, if they may come in.
bool strangers_may_publish(const Options& options);

// Returns the options of hub and rooms in which two vhosts differ, each as "max-lag (1024 and 2048)".
// Precondition: finish_options() was called for both.
std::vector<std::string> hub_conflicts(const Options& a, const Options& b);

}  // namespace lws_chat
