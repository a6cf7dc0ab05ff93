#include "core/option_bindings.h"

#include "core/option_value.h"
#include "core/wording.h"

namespace lws_chat {
namespace {

constexpr uint64_t kMiB = uint64_t{1024} * 1024;

constexpr OptionScope kVhost = OptionScope::kVhost;
constexpr OptionScope kHub = OptionScope::kHub;
constexpr OptionScope kRoom = OptionScope::kRoom;

using Setter = std::string (*)(Options&, std::string_view);
using Getter = std::string (*)(const Options&);

OptionBinding flag(std::string_view name, std::string_view fallback, OptionScope scope, bool Options::*member,
                   std::string_view help) {
  return {{name, OptionType::kFlag, "", fallback, 0, 0, "", scope, help},
          [member](Options& o, std::string_view v) { return set_flag(o.*member, v); },
          [member](const Options& o) { return std::string(o.*member ? "1" : "0"); }};
}

OptionBinding number(std::string_view name, std::string_view unit, std::string_view fallback, uint64_t min,
                     uint64_t max, OptionScope scope, uint64_t Options::*member, std::string_view help) {
  OptionRow row{name, OptionType::kNumber, unit, fallback, min, max, "", scope, help};
  return {row, [member, row](Options& o, std::string_view v) { return set_number(o.*member, v, row); },
          [member](const Options& o) { return std::to_string(o.*member); }};
}

OptionBinding text(std::string_view name, std::string_view fallback, OptionScope scope, std::string Options::*member,
                   std::string (*set)(std::string&, std::string_view), std::string_view help) {
  return {{name, OptionType::kText, "", fallback, 0, 0, "", scope, help},
          [member, set](Options& o, std::string_view v) { return set(o.*member, v); },
          [member](const Options& o) { return o.*member; }};
}

OptionBinding choice(std::string_view name, std::string_view choices, std::string_view fallback, OptionScope scope,
                     Setter set, Getter get, std::string_view help) {
  return {{name, OptionType::kChoice, "", fallback, 0, 0, choices, scope, help}, set, get};
}

OptionBinding list(std::string_view name, std::string_view of, std::string_view fallback, OptionScope scope, Setter set,
                   Getter get, std::string_view help) {
  return {{name, OptionType::kList, of, fallback, 0, 0, "", scope, help}, set, get};
}

std::string set_status(Options& options, std::string_view value) {
  if (value != "ok" && value != "off") return quoted(value) + " is not known, expected ok or off";
  options.enabled = value == "ok";
  return "";
}

std::string set_binary(Options& options, std::string_view value) {
  if (value != "refuse" && value != "relay") return quoted(value) + " is not known, expected refuse or relay";
  options.binary = value == "relay" ? BinaryPolicy::kRelay : BinaryPolicy::kRefuse;
  return "";
}

std::string set_fanout(Options& options, std::string_view value) {
  if (value == "auto") return options.fanout = FanoutMode::kAuto, "";
  if (value == "write") return options.fanout = FanoutMode::kWrite, "";
  if (value == "uring") return options.fanout = FanoutMode::kUring, "";
  return quoted(value) + " is not known, expected auto, write or uring";
}

std::string get_fanout(const Options& options) {
  return options.fanout == FanoutMode::kAuto ? "auto" : options.fanout == FanoutMode::kWrite ? "write" : "uring";
}

}  // namespace

const std::vector<OptionBinding>& option_bindings() {
  static const std::vector<OptionBinding> table = {
      choice(
          "status", "ok|off", "off", kVhost, set_status,
          [](const Options& o) { return std::string(o.enabled ? "ok" : "off"); },
          "Enables the protocol on this vhost. A vhost that does not say ok refuses every upgrade."),
      flag("default", "0", kVhost, &Options::is_default,
           "Also serves clients that ask for no subprotocol, as new WebSocket(url) does."),
      text("path", "/chat/", kVhost, &Options::path, set_path,
           "The path at which WebSocket upgrades are accepted; what follows it names the room."),
      text("default-room", "lobby", kVhost, &Options::default_room, set_room,
           "The room at the path itself; any other is below it, at /chat/NAME."),
      text("structured-path", "/connection/websocket", kVhost, &Options::structured_path, set_optional_path,
           "The path at which the structured dialect is spoken, Centrifuge's client protocol in JSON. Empty: "
           "nowhere."),
      text("home", "/web/", kVhost, &Options::home, set_optional_path,
           "Where GET / leads, when the vhost mounts callback://lws-chat at /. Empty: 404."),
      text("api-key-file", "", kVhost, &Options::api_key_file, set_text,
           "A file with keys, one a line, of which a back end has to show one for POST /pub/ROOM and POST "
           "/api/METHOD, when the vhost mounts callback://lws-chat at /. Empty: nobody can."),
      flag("metrics", "0", kVhost, &Options::metrics,
           "Answers GET /metrics with numbers in Prometheus's format, when the vhost mounts callback://lws-chat at "
           "/."),
      flag("health", "0", kVhost, &Options::health,
           "Answers GET /healthz while the server lives and GET /readyz while it takes clients, likewise."),
      list(
          "admin-from", "addresses", "127.0.0.0/8 ::1", kVhost,
          [](Options& o, std::string_view v) { return set_addresses(o.admin_from, v); },
          [](const Options& o) { return o.admin_from; },
          "The addresses that metrics and health answer to, separated by blanks; others get 403, and so does what a "
          "proxy passes on that is not in trusted-proxies."),
      list(
          "trusted-proxies", "addresses", "", kVhost,
          [](Options& o, std::string_view v) { return set_addresses(o.trusted_proxies, v); },
          [](const Options& o) { return o.trusted_proxies; },
          "The addresses of proxies in front of this server, separated by blanks: of what comes from them, the "
          "client's address is taken from X-Forwarded-For, for the log, max-joins-per-second and admin-from."),
      text("hub", "", kVhost, &Options::hub, set_text,
           "Vhosts that name the same hub share their clients and have to agree on the options marked \"hub\". "
           "Empty: the vhost keeps to itself."),
      text("close-word", "close", kVhost, &Options::close_word, set_text,
           "A text by which a client asks the server to close. It is broadcast like any text first. Empty: none."),
      text("close-reply", "你要求我關閉喔!", kVhost, &Options::close_reply, set_text,
           "What that client alone is told before the server closes with 1000. Empty: nothing."),
      choice(
          "binary", "refuse|relay", "refuse", kVhost, set_binary,
          [](const Options& o) { return std::string(o.binary == BinaryPolicy::kRelay ? "relay" : "refuse"); },
          "What becomes of binary messages: refuse closes the sender with 1003, relay passes them on as binary."),
      list(
          "allowed-origins", "origins", "", kVhost,
          [](Options& o, std::string_view v) { return set_origins(o.allowed_origins, v); },
          [](const Options& o) { return join(o.allowed_origins); },
          "Further origins whose pages may connect, separated by blanks; * allows all, null allows pages from files. "
          "The "
          "server's own origin and clients without an Origin header are always allowed."),
      list(
          "server-names", "names", "", kVhost,
          [](Options& o, std::string_view v) { return set_server_names(o.server_names, v); },
          [](const Options& o) { return join(o.server_names); },
          "The host names of this server, separated by blanks; requests for other hosts get 421. Empty: any name, but "
          "a "
          "vhost that listens on 127.0.0.1 or ::1 and has no trusted-proxies is localhost, its addresses and the "
          "vhost's "
          "name only. *: any name."),
      number("max-message", "bytes", "65536", 1, 64 * kMiB, kVhost, &Options::max_message,
             "The largest message accepted, reassembled. A larger one closes its sender with 1009."),
      number("max-clients", "clients", "0", 0, 10'000'000, kVhost, &Options::max_clients,
             "How many clients this vhost takes; more are refused with 503 before the upgrade. 0: no limit."),
      number("max-rooms", "rooms", "100000", 1, 10'000'000, kHub, &Options::max_rooms,
             "How many rooms there may be, those included that are only remembered. When there is one more, the one "
             "that was left longest ago is forgotten; with somebody in every room it is refused with 503."),
      number("max-subscriptions", "rooms", "128", 1, 10000, kVhost, &Options::max_subscriptions,
             "In how many rooms one client of the structured dialect may be; more are refused with error 106."),
      number("max-joins-per-second", "connections", "0", 0, 1'000'000, kVhost, &Options::max_joins_per_second,
             "How many connections one address may open in a second; more are refused with 429. 0: no limit."),
      number("drain-seconds", "s", "0", 0, 3600, kVhost, &Options::drain_seconds,
             "When the server ends its clients are told with 1012 to come back, spread over up to so long, so that "
             "they do "
             "not all come at once. 0: all are closed at once, with 1001."),
      number("message-rate", "messages/s", "100", 0, 1'000'000, kVhost, &Options::message_rate,
             "How many messages a second one client may send for long. From a faster one the server reads more slowly; "
             "nothing is dropped. 0: no limit."),
      number("message-burst", "messages", "200", 1, 1'000'000, kVhost, &Options::message_burst,
             "How many messages a client may send at once before message-rate holds."),
      number("replay", "messages", "0", 0, 1'000'000, kRoom, &Options::replay,
             "How many of the room's last messages a client of the text dialect gets when it joins, as far as the "
             "history has them."),
      number("history-size", "messages", "100", 0, 1'000'000, kRoom, &Options::history_size,
             "How many messages of a room are kept. 0: none."),
      number("history-bytes", "bytes", "1048576", 0, uint64_t{1024} * kMiB, kRoom, &Options::history_bytes,
             "How many bytes the kept messages of a room may have together."),
      number("history-age", "s", "300", 1, 31'536'000, kRoom, &Options::history_age,
             "How long a message is kept. An empty room is forgotten when its last message is."),
      flag("presence", "1", kRoom, &Options::presence, "Members of a room may ask who is in it."),
      flag("join-leave", "1", kRoom, &Options::join_leave,
           "Members of a room that want to know are told who comes and goes; needs presence."),
      number("presence-grace", "s", "5", 0, 3600, kRoom, &Options::presence_grace,
             "A client that lost its connection counts as present for so long; nobody is told if it comes back in "
             "time."),
      number("max-memory", "bytes", "268435456", 65536, uint64_t{1024} * 1024 * kMiB, kHub, &Options::max_memory,
             "What all rooms' streams and histories may take together. When there is more, the oldest history goes "
             "first, then the slowest readers."),
      choice("fanout", "auto|write|uring", "auto", kHub, set_fanout, get_fanout,
             "How messages are sent: one write for every client, or many at once through io_uring, which serves plain "
             "HTTP/1.1 only. auto takes io_uring where the system has it."),
      number("max-lag", "bytes", "1048576", 1024, uint64_t{1024} * kMiB, kHub, &Options::max_lag,
             "How far a reader may fall behind before it is closed. It bounds what a stalled reader costs; keep it "
             "well above max-message."),
      number("flush-interval", "ms", "2", 0, 1000, kHub, &Options::flush_interval,
             "A busy room is sent out at most once in this time, or as soon as 16 messages wait; a quiet one at once. "
             "0: every loop turn."),
      number("ping-interval", "s", "25", 0, 86400, kVhost, &Options::ping_interval,
             "A peer that has been silent for so long is pinged. 0: never."),
      number("pong-timeout", "s", "10", 1, 3600, kVhost, &Options::pong_timeout,
             "A pinged peer that shows no life for so long is gone.")};
  return table;
}

}  // namespace lws_chat
