#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/address_range.h"
#include "core/settings.h"

// The options of the plugin, as typed values. The text of an option is parsed once, when it is set; from then on
// every duration is in microseconds and every size in bytes.
//
// config/option_table has the table of all options: names, ranges, defaults, help. The plugin reads its configuration
// through it, lws-chatd --check judges files by it, and the manual page is printed from it.
namespace lws_chat {

enum class BinaryPolicy { kRefuse, kRelay };
enum class FanoutMode { kAuto, kWrite, kUring };

struct Options {
  bool enabled = false;                       // the vhost names the protocol with "status": "ok"
  bool is_default = false;                    // upgrades that name no subprotocol are served, too
  std::string path;                           // of WebSocket upgrades in the text dialect
  std::string default_room;                   // the room at `path` itself; others are below it
  std::string structured_path;                // of the structured dialect; empty: not served
  std::string home;                           // GET / redirects there; empty: 404
  std::string hub_name;                       // vhosts with the same name share their rooms; empty: rooms of its own
  std::string api_key_file;                   // its keys allow publishing over HTTP; empty: nobody may
  bool metrics = false;                       // GET /metrics is answered
  bool health = false;                        // GET /healthz and /readyz are answered
  std::vector<AddressRange> admin_from;       // they may see metrics and health
  std::vector<AddressRange> trusted_proxies;  // their X-Forwarded-For is believed
  std::string close_word;                     // a text that asks the server to close; empty: none
  std::string close_reply;                    // the answer to it
  BinaryPolicy binary = BinaryPolicy::kRefuse;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> server_names;  // hosts that may be asked for; see own_names()
  uint64_t max_message = 0;               // bytes of one message, reassembled
  uint64_t max_waiting = 0;               // connections without a request, of all vhosts; 0: no limit
  uint64_t max_waiting_from = 0;          // those of one address; 0: no limit
  uint64_t max_clients = 0;               // connections of this vhost; 0: no limit
  uint64_t max_subscriptions = 0;         // rooms of one structured client
  uint64_t max_joins_per_second = 0;      // connections from one address; 0: no limit
  uint64_t message_rate = 0;              // messages a second of one client; 0: no limit
  uint64_t message_burst = 0;             // messages above that rate at once
  Time drain_time = 0;                    // over which clients are closed when the server ends; 0: at once
  Time ping_interval = 0;                 // of silence, after which a peer is pinged; 0: never
  Time pong_timeout = 0;                  // a pinged peer has this long to show life
  FanoutMode fanout = FanoutMode::kAuto;
  HubSettings hub;  // its namespaces are filled in by finish_options()

  // An option that a namespace sets: "typing/history-size".
  struct Override {
    std::string name_space;
    size_t option;       // its place in the table
    RoomSettings value;  // has it set
  };
  std::vector<Override> overrides;
};

// All options at their defaults.
Options default_options();

// Sets one option, or one of a namespace ("typing/history-size"), from its text. Returns an empty string, or what is
// wrong and what was expected ("\"ten\" is not a number, expected 0 to 86400 s").
[[nodiscard]] std::string set_option(Options& options, std::string_view name, std::string_view value);

// To be called when all options are set: fills in the namespaces, which inherit what they do not set. Returns an empty
// string, or which options contradict each other.
[[nodiscard]] std::string finish_options(Options& options);

// The options in which two vhosts differ although they share a hub, each as "max-lag (1024 and 2048)".
// Precondition: finish_options() was called for both.
std::vector<std::string> hub_conflicts(const Options& a, const Options& b);

}  // namespace lws_chat
