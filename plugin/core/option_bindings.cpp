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
          "ok enables lws-chat on this vhost; off refuses every client with 404."),
      flag("default", "0", kVhost, &Options::is_default,
           "Also serves WebSocket clients that request no subprotocol, as new WebSocket(url) does."),
      text("path", "/chat/", kVhost, &Options::path, set_path,
           "Path of the text dialect's WebSockets. If it ends with /, the rest of a URL's path is the room's name."),
      text("default-room", "lobby", kVhost, &Options::default_room, set_room,
           "The room that a client joins at path itself."),
      text("structured-path", "/connection/websocket", kVhost, &Options::structured_path, set_optional_path,
           "Path of the structured dialect's WebSockets (Centrifuge's client protocol in JSON). Empty: the dialect "
           "is off."),
      text("home", "/web/", kVhost, &Options::home, set_optional_path,
           "Where GET / redirects to. Empty: GET / is answered with 404."),
      text("api-key-file", "", kVhost, &Options::api_key_file, set_text,
           "File of API keys, one per line. A back end must send one of them with POST /pub/ROOM and POST "
           "/api/METHOD. Empty: both paths are answered with 404."),
      flag("metrics", "0", kVhost, &Options::metrics, "Serves GET /metrics in the text format of Prometheus."),
      flag("health", "0", kVhost, &Options::health,
           "Serves GET /healthz (200 while the server runs) and GET /readyz (200 while the vhost accepts clients)."),
      list(
          "admin-from", "addresses", "127.0.0.0/8 ::1", kVhost,
          [](Options& o, std::string_view v) { return set_addresses(o.admin_from, v); },
          [](const Options& o) { return o.admin_from; },
          "Addresses that may read metrics and health, separated by spaces; others get 403. For a request from a "
          "proxy in trusted-proxies the client's address counts. A request that another proxy forwarded gets 403."),
      list(
          "trusted-proxies", "addresses", "", kVhost,
          [](Options& o, std::string_view v) { return set_addresses(o.trusted_proxies, v); },
          [](const Options& o) { return o.trusted_proxies; },
          "Addresses of proxies whose X-Forwarded-For names the client, separated by spaces. The client's address "
          "is then used for the log, max-joins-per-second and admin-from."),
      text("hub", "", kVhost, &Options::hub, set_text,
           "Vhosts with the same hub share their rooms. They must agree on all options marked hub or room. Empty: "
           "the vhost has rooms of its own."),
      text("close-word", "close", kVhost, &Options::close_word, set_text,
           "A client that publishes exactly this text is closed after the room has received it. Empty: no such "
           "text."),
      text("close-reply", "你要求我關閉喔!", kVhost, &Options::close_reply, set_text,
           "The last message to a client that sent close-word, before it is closed with 1000 (structured clients: "
           "4500). Empty: none."),
      choice(
          "binary", "refuse|relay", "refuse", kVhost, set_binary,
          [](const Options& o) { return std::string(o.binary == BinaryPolicy::kRelay ? "relay" : "refuse"); },
          "Binary messages from text clients: refuse closes the sender with 1003, relay passes them on as binary."),
      list(
          "allowed-origins", "origins", "", kVhost,
          [](Options& o, std::string_view v) { return set_origins(o.allowed_origins, v); },
          [](const Options& o) { return join(o.allowed_origins); },
          "Origins whose pages may connect in addition to the server's own, separated by spaces; * allows all, null "
          "allows pages from files. Clients that send no Origin header are always allowed."),
      list(
          "server-names", "names", "", kVhost,
          [](Options& o, std::string_view v) { return set_server_names(o.server_names, v); },
          [](const Options& o) { return join(o.server_names); },
          "The host names of this server, separated by spaces; a request for another host gets 421. * allows all. "
          "Empty: a vhost that listens on 127.0.0.1 or ::1 only and has no trusted-proxies is localhost, its addresses "
          "and the vhost's name; other vhosts allow all."),
      number("max-message", "bytes", "65536", 1, 64 * kMiB, kVhost, &Options::max_message,
             "Largest message, after reassembly. A client that sends a larger one is closed with 1009; over HTTP it "
             "gets 413."),
      number("max-clients", "clients", "0", 0, 10'000'000, kVhost, &Options::max_clients,
             "Largest number of WebSockets and event streams on this vhost. Further ones get 503. 0: no limit."),
      number("max-waiting", "connections", "4096", 0, 10'000'000, kVhost, &Options::max_waiting,
             "Largest number of open connections of the whole server that have not sent a request yet. Further ones "
             "are dropped. 0: no limit. Has no effect in lwsws."),
      number("max-waiting-per-address", "connections", "1024", 0, 10'000'000, kVhost, &Options::max_waiting_from,
             "Largest number of these from one address, or from one /64 of IPv6. trusted-proxies and Unix sockets are "
             "exempt. 0: no limit."),
      number("max-rooms", "rooms", "100000", 1, 10'000'000, kHub, &Options::max_rooms,
             "Largest number of rooms, including empty rooms with a history. A new room takes the place of the one "
             "that has been empty longest; if none is empty, the new room is refused."),
      number("max-rooms-per-address", "rooms", "10000", 0, 10'000'000, kHub, &Options::max_rooms_per_address,
             "Largest number of rooms made by clients of one address, or of one /64 of IPv6, including empty rooms with "
             "a history; a further room is refused with 503. A proxy that is not in trusted-proxies counts as one "
             "address. 0: no limit."),
      number("max-subscriptions", "rooms", "128", 1, 10000, kVhost, &Options::max_subscriptions,
             "Largest number of rooms for one structured client; a further subscribe gets error 106. It also limits "
             "the rooms of one event stream, which are never more than 32."),
      number("max-joins-per-second", "connections", "0", 0, 1'000'000, kVhost, &Options::max_joins_per_second,
             "Connections that one address may open per second. Further ones get 429. 0: no limit."),
      number("drain-seconds", "s", "0", 0, 3600, kVhost, &Options::drain_seconds,
             "At shutdown, closes the clients one after another within this time, with 1012, so that they do not all "
             "reconnect at once. 0: closes all at once, with 1001."),
      number("message-rate", "messages/s", "100", 0, 1'000'000, kVhost, &Options::message_rate,
             "Messages per second that a client may send in the long run. The server reads a faster client more "
             "slowly and drops nothing. 0: no limit."),
      number("message-burst", "messages", "200", 1, 1'000'000, kVhost, &Options::message_burst,
             "Messages that a client may send at once before message-rate applies."),
      number("replay", "messages", "0", 0, 1'000'000, kRoom, &Options::replay,
             "Number of past messages that a new text client or event stream receives, as far as the history has "
             "them."),
      number("history-size", "messages", "100", 0, 1'000'000, kRoom, &Options::history_size,
             "Number of messages that a room keeps. 0: none."),
      number("history-bytes", "bytes", "1048576", 0, uint64_t{1024} * kMiB, kRoom, &Options::history_bytes,
             "Total size of the messages that a room keeps."),
      number("history-age", "s", "300", 1, 31'536'000, kRoom, &Options::history_age,
             "How long a room keeps a message. A room that has been empty and quiet for this long is dropped."),
      flag("presence", "1", kRoom, &Options::presence, "Allows members and back ends to ask who is in a room."),
      flag("join-leave", "1", kRoom, &Options::join_leave,
           "Tells those structured clients that ask for it who joins and leaves a room. Needs presence."),
      number("presence-grace", "s", "5", 0, 3600, kRoom, &Options::presence_grace,
             "For structured clients only: a client that lost its connection counts as present for this time. If it "
             "returns in time, nobody is told that it left."),
      number("max-memory", "bytes", "268435456", 65536, uint64_t{1024} * 1024 * kMiB, kHub, &Options::max_memory,
             "Memory for the streams and histories of all rooms and for what clients hold. Above it, the oldest history "
             "is dropped first, then the slowest readers are closed. Rooms, subscriptions and identities may take half "
             "of it; more are refused. Unfinished messages and waiting commands may take a quarter; above that, the "
             "clients with the oldest unfinished messages are closed with 1013."),
      choice("fanout", "auto|write|uring", "auto", kHub, set_fanout, get_fanout,
             "How messages are sent: write makes a write call for each client, uring sends to many clients at once "
             "through io_uring (not over TLS). auto uses io_uring if the system has it."),
      number("max-lag", "bytes", "1048576", 1024, uint64_t{1024} * kMiB, kHub, &Options::max_lag,
             "A reader with more unsent bytes than this is closed with 3008. Keep it well above max-message."),
      number("flush-interval", "ms", "2", 0, 1000, kHub, &Options::flush_interval,
             "Shortest time between two flushes of a room; 16 waiting messages are flushed at once. 0: flushes in "
             "every turn of the event loop."),
      number("ping-interval", "s", "25", 0, 86400, kVhost, &Options::ping_interval,
             "A text client is pinged after this much silence, a structured client each time this has passed. 0: "
             "never."),
      number("pong-timeout", "s", "10", 1, 3600, kVhost, &Options::pong_timeout,
             "How long a client may take to answer a ping, and a new structured client to send connect. A message has to "
             "be complete within three times this, or grow by 65536 bytes; otherwise its client is closed with 1008.")};
  return table;
}

}  // namespace lws_chat
