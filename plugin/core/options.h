#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The options of the plugin, one struct by value and one table that describes it.
//
// The table is the only place that knows an option's name, range, default and help: the plugin reads
// its configuration through it, lws-chatd --check judges files by it, and lws-chatd.conf(5) is printed
// from it.
namespace lws_chat {

enum class BinaryPolicy { kRefuse, kRelay };
enum class FanoutMode { kAuto, kWrite, kUring };

struct Options {
  bool enabled = false;         // the vhost names the protocol with "status": "ok"
  bool is_default = false;      // serve upgrades that name no subprotocol, as browsers' pages often do
  std::string path;             // where WebSocket upgrades are accepted
  std::string default_room;     // the room at `path` itself; others are below it
  std::string structured_path;  // where the structured dialect is spoken; empty: nowhere
  std::string home;             // where GET / leads; empty: 404
  std::string hub;              // vhosts that name the same hub share their clients; empty: its own
  std::string api_key_file;     // who has one of its keys may publish over HTTP; empty: nobody
  bool metrics = false;         // GET /metrics is answered
  bool health = false;          // GET /healthz and /readyz are
  std::string admin_from;       // to these addresses, separated by blanks
  std::string trusted_proxies;  // addresses whose X-Forwarded-For is believed
  std::string close_word;       // a text that asks the server to close; empty: none
  std::string close_reply;      // what that client is told before the close
  BinaryPolicy binary = BinaryPolicy::kRefuse;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> server_names;  // hosts that may be asked for; see own_names()
  uint64_t max_message = 0;               // bytes of one message, reassembled
  uint64_t max_waiting = 0;               // connections without a request, of all vhosts; 0: no limit
  uint64_t max_waiting_from = 0;          // those of one address; 0: no limit
  uint64_t max_clients = 0;               // connections of this vhost; 0: no limit
  uint64_t max_rooms = 0;                 // of the hub
  uint64_t max_rooms_per_address = 0;     // that its clients have made; 0: no limit
  uint64_t max_subscriptions = 0;         // rooms that one structured client may be in
  uint64_t max_joins_per_second = 0;      // connections from one address; 0: no limit
  uint64_t message_rate = 0;              // messages a second of one client; 0: no limit
  uint64_t message_burst = 0;             // messages above that rate at once
  uint64_t replay = 0;                    // last messages that a client gets when it joins
  uint64_t history_size = 0;              // messages kept of a room
  uint64_t history_bytes = 0;             // bytes of them
  uint64_t history_age = 0;               // seconds
  bool presence = false;                  // who is in a room can be asked
  bool join_leave = false;                // who comes and goes is told to those who want to know
  uint64_t presence_grace = 0;            // seconds that who lost its connection still counts as present
  uint64_t drain_seconds = 0;             // over which clients are closed when the server ends; 0: at once
  uint64_t max_memory = 0;                // bytes of all streams, histories and of what clients hold
  FanoutMode fanout = FanoutMode::kAuto;
  uint64_t max_lag = 0;         // bytes a reader may be behind before it is closed
  uint64_t flush_interval = 0;  // milliseconds between two flushes of a busy room; 0: every loop turn
  uint64_t ping_interval = 0;   // seconds of silence after which a peer is pinged; 0: never
  uint64_t pong_timeout = 0;    // seconds a pinged peer has to show life

  // What is different for the rooms of a namespace: "typing/history-size".
  struct Override {
    std::string name_space;
    std::string option;
    std::string value;
  };
  std::vector<Override> overrides;  // each has been checked
};

enum class OptionType { kText, kFlag, kNumber, kChoice, kList };

// Whose matter an option is. Vhosts that share a hub have to agree on those of the hub and of rooms; those of
// rooms can also be set for a namespace.
enum class OptionScope { kVhost, kHub, kRoom };

struct OptionRow {
  std::string_view name;
  OptionType type;
  std::string_view unit;      // of a number: "bytes", "ms", "s" or a thing counted; else empty
  std::string_view fallback;  // the default, as it would be written in the configuration
  uint64_t min;               // of a number
  uint64_t max;
  std::string_view choices;  // of a choice: the words, separated by '|'
  OptionScope scope;
  std::string_view help;  // one or two sentences, no markup
};

const std::vector<OptionRow>& option_table();

// The row of an option, also of one of a namespace ("typing/history-size"), or nullptr.
const OptionRow* find_option(std::string_view name);

// The option whose name is nearest to a mistyped one, in the same namespace; empty when none is near.
std::string nearest_option(std::string_view name);

// All options at their defaults.
Options default_options();

// Sets one option from its text. Returns the empty string, or what is wrong and what was expected
// ("\"ten\" is not a number, expected 0 to 86400 s").
[[nodiscard]] std::string set_option(Options& options, std::string_view name, std::string_view value);

// The namespaces that have options of their own, and the options as they are there.
std::vector<std::string> namespaces(const Options& options);
Options options_in(const Options& options, std::string_view name_space);

// What only shows when all options are known ("pong-timeout 0 ..."); empty when all is well.
[[nodiscard]] std::string check_options(const Options& options);

// The hub-shaping options in which two vhosts that share a hub differ, each as "max-lag (1024 and 2048)".
std::vector<std::string> hub_conflicts(const Options& a, const Options& b);

// How an accepted range reads: "0 to 86400 s", "refuse or relay".
std::string option_range(const OptionRow& row);

}  // namespace lws_chat
