#include "config/option_table.h"

#include <optional>
#include <type_traits>

#include "config/option_value.h"
#include "config/suggestion.h"

namespace lws_chat {
namespace {

constexpr uint64_t kMiB = uint64_t{1024} * 1024;
constexpr Time kMillisecond = 1000;
constexpr Time kSecond = 1'000'000;

// Tells which struct has the member of an option.
template <OptionScope kWhose>
struct Scope {
  using Owner = std::conditional_t<kWhose == OptionScope::kRoom, RoomSettings, Options>;
};
constexpr Scope<OptionScope::kVhost> kVhost;
constexpr Scope<OptionScope::kHub> kHub;
constexpr Scope<OptionScope::kRoom> kRoom;

// A member of Options, or of RoomSettings for an option of rooms.
#define OF(member) ([](auto& owner) -> auto& { return owner.member; })

template <OptionScope kWhose, typename Set, typename Get, typename Copy>
OptionRow bound(OptionRow row, Scope<kWhose>, Set set, Get get, Copy copy) {
  if constexpr (kWhose == OptionScope::kRoom) {
    row.set_in_room = set;
    row.get_in_room = get;
    row.copy = copy;
  } else {
    row.set = set;
    row.get = get;
  }
  return row;
}

// `set` takes the member and the text; `get` prints the member.
template <OptionScope kWhose, typename Member, typename Set, typename Get>
OptionRow option(const OptionRow& row, Scope<kWhose> scope, Member member, Set set, Get get) {
  using Owner = typename Scope<kWhose>::Owner;
  return bound(
      row, scope, [member, set](Owner& owner, std::string_view text) { return set(member(owner), text); },
      [member, get](const Owner& owner) { return get(member(owner)); },
      [member](const Owner& from, Owner& to) { member(to) = member(from); });
}

template <OptionScope kWhose, typename Member>
OptionRow flag(std::string_view name, std::string_view fallback, Scope<kWhose> scope, Member member,
               std::string_view help) {
  return option({name, OptionType::kFlag, "", fallback, 0, 0, "", kWhose, help}, scope, member, set_flag,
                [](bool on) { return std::string(on ? "1" : "0"); });
}

template <OptionScope kWhose, typename Member>
OptionRow number(std::string_view name, std::string_view unit, std::string_view fallback, uint64_t min, uint64_t max,
                 Scope<kWhose> scope, Member member, std::string_view help) {
  OptionRow row{name, OptionType::kNumber, unit, fallback, min, max, "", kWhose, help};
  return option(
      row, scope, member, [row](uint64_t& number, std::string_view text) { return set_number(number, text, row); },
      [](uint64_t number) { return std::to_string(number); });
}

template <OptionScope kWhose, typename Member>
OptionRow duration(std::string_view name, std::string_view unit, std::string_view fallback, uint64_t min, uint64_t max,
                   Scope<kWhose> scope, Member member, Time of_unit, std::string_view help) {
  OptionRow row{name, OptionType::kNumber, unit, fallback, min, max, "", kWhose, help};
  return option(
      row, scope, member,
      [row, of_unit](Time& time, std::string_view text) { return set_duration(time, text, row, of_unit); },
      [of_unit](Time time) { return std::to_string(time / of_unit); });
}

template <OptionScope kWhose, typename Member>
OptionRow text(std::string_view name, std::string_view fallback, Scope<kWhose> scope, Member member,
               std::string (*set)(std::string&, std::string_view), std::string_view help) {
  return option({name, OptionType::kText, "", fallback, 0, 0, "", kWhose, help}, scope, member, set,
                [](const std::string& text) { return text; });
}

// The value may have passwords in it, which get() leaves out.
template <OptionScope kWhose, typename Member>
OptionRow urls(std::string_view name, Scope<kWhose> scope, Member member, std::string_view help) {
  return option({name, OptionType::kText, "", "", 0, 0, "", kWhose, help}, scope, member, set_text, without_passwords);
}

// The words are in the order of the member's enumerators.
template <OptionScope kWhose, typename Member>
OptionRow choice(std::string_view name, std::string_view words, std::string_view fallback, Scope<kWhose> scope,
                 Member member, std::string_view help) {
  OptionRow row{name, OptionType::kChoice, "", fallback, 0, 0, words, kWhose, help};
  return option(
      row, scope, member,
      [row](auto& value, std::string_view text) {
        std::optional<size_t> place = place_of_choice(row, text);
        if (!place) return quoted(text) + " is not known, expected " + option_range(row);
        value = static_cast<std::decay_t<decltype(value)>>(*place);
        return std::string();
      },
      [row](auto value) { return std::string(choice_at(row, static_cast<size_t>(value))); });
}

// get() compares vhosts that share a hub. No list is an option of a hub, so get() has nothing to print.
template <OptionScope kWhose, typename Member, typename List>
OptionRow list(std::string_view name, std::string_view items, std::string_view fallback, Scope<kWhose> scope,
               Member member, std::string (*set)(List&, std::string_view), std::string_view help) {
  static_assert(kWhose == OptionScope::kVhost);
  return option({name, OptionType::kList, items, fallback, 0, 0, "", kWhose, help}, scope, member, set,
                [](const List&) { return std::string(); });
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = {
      choice("status", "off|ok", "off", kVhost, OF(enabled),
             "ok enables lws-chat on this vhost; off refuses every client with 404."),
      flag("default", "0", kVhost, OF(is_default),
           "Also serves WebSocket clients that request no subprotocol, as new WebSocket(url) does."),
      flag("open", "0", kVhost, OF(open),
           "Serves everybody who can reach the vhost. 0: clients of other machines get 403, unless an access rule says "
           "who may come in. Clients of this machine come from the loopback, from the address that they connect to, or "
           "over a Unix socket; behind trusted-proxies the address that the proxy names counts."),
      text("path", "/chat/", kVhost, OF(path), set_path,
           "Path of the text dialect's WebSockets. If it ends with /, the rest of a URL's path is the room's name."),
      text("default-room", "lobby", kVhost, OF(default_room), set_room, "The room that a client joins at path itself."),
      text("structured-path", "/connection/websocket", kVhost, OF(structured_path), set_optional_path,
           "Path of the structured dialect's WebSockets (Centrifuge's client protocol in JSON). Empty: the dialect "
           "is off."),
      flag("structured-streams", "1", kVhost, OF(structured_streams),
           "Serves the structured dialect at /connection/http_stream and /connection/sse, too, with /emulation: for "
           "networks that break WebSockets. 0, or an empty structured-path: they get 404. They need the mount of "
           "callback://lws-chat at /."),
      text("home", "/web/", kVhost, OF(home), set_optional_path,
           "Target of the redirect of GET /. Empty: GET / is answered with 404."),
      text("api-key-file", "", kVhost, OF(api_key_file), set_text,
           "File of API keys, one per line. A back end must send one of them with POST /pub/ROOM and POST "
           "/api/METHOD. Empty: both paths are answered with 404."),
      text(
          "connect-url", "", kVhost, OF(hooks.url(HookKind::kConnect)), set_hook_url,
          "URL of a back end that is asked before a client is connected, and says who it is: http://HOST/PATH, "
          "https://HOST/PATH, or unix:/SOCKET:/PATH for a Unix socket. Questions and answers are those of Centrifugo's "
          "proxies. Empty: nobody is asked."),
      text("refresh-url", "", kVhost, OF(hooks.url(HookKind::kRefresh)), set_hook_url,
           "URL of a back end that is asked when a connection expires, and may prolong it."),
      text("subscribe-url", "", kVhost, OF(hooks.url(HookKind::kSubscribe)), set_hook_url,
           "URL of a back end that is asked before a client subscribes to a room with subscribe-hook."),
      text("publish-url", "", kVhost, OF(hooks.url(HookKind::kPublish)), set_hook_url,
           "URL of a back end that is asked before a client publishes in a room with publish-hook."),
      text("sub-refresh-url", "", kVhost, OF(hooks.url(HookKind::kSubRefresh)), set_hook_url,
           "URL of a back end that is asked when a subscription of a room with sub-refresh-hook expires, and may "
           "prolong "
           "it."),
      text("rpc-url", "", kVhost, OF(hooks.url(HookKind::kRpc)), set_hook_url,
           "URL of a back end that answers rpc commands of clients."),
      duration(
          "hook-timeout", "ms", "1000", 10, 60000, kVhost, OF(hooks.timeout), kMillisecond,
          "Time in which a back end must answer, including name lookup and TLS. Otherwise the client gets error 100, "
          "temporary."),
      list("hook-headers", "names", "", kVhost, OF(hooks.forwarded_headers), set_header_names,
           "Names of headers of the client's request that back ends get, separated by spaces, for example Cookie."),
      list("hook-emulated-headers", "names", "", kVhost, OF(hooks.emulated_headers), set_header_names,
           "Names of headers that structured clients may send in their connect command, and that back ends get, "
           "separated by spaces. The clients choose the values: name only headers that your back end checks, such as a "
           "signed token. A header of hook-headers takes the place of one with the same name."),
      text("hook-headers-file", "", kVhost, OF(hooks.headers_file), set_text,
           "File of headers that back ends get with every question, one per line as Name: value. Only the service may "
           "read it. A header of the same name in hook-headers that the client sent takes its place."),
      text("hook-ca-file", "", kVhost, OF(hooks.ca_file), set_text,
           "File of certificates in PEM that https back ends must be signed by. Empty: the system's certificate "
           "authorities."),
      list(
          "hook-status", "rules", "", kVhost, OF(hooks.statuses), set_hook_statuses,
          "What clients get if a back end answers with another HTTP status than 200: rules separated by semicolons, "
          "each "
          "STATUS:error:CODE:TEXT, STATUS:temporary-error:CODE:TEXT or STATUS:disconnect:CODE:TEXT. Statuses without a "
          "rule count as failures."),
      text("token-secret-file", "", kVhost, OF(tokens.secret_file), set_text,
           "File with the secret that signs clients' tokens with HS256, HS384 or HS512: one line, 32 bytes or more. "
           "Other users of the machine must not be able to read it."),
      text(
          "token-previous-secret-file", "", kVhost, OF(tokens.previous_secret_file), set_text,
          "File with the secret before that. While the secret is being replaced, tokens signed with either are valid."),
      text(
          "token-public-key-file", "", kVhost, OF(tokens.public_key_file), set_text,
          "File with the public keys of the tokens' issuer in PEM, or with certificates: RSA (RS256 to RS512, PS256 to "
          "PS512), EC (ES256 to ES512) or Ed25519 (EdDSA). It may be set together with token-secret-file."),
      text(
          "token-jwks-file", "", kVhost, OF(tokens.jwks_file), set_text,
          "File with a JSON Web Key Set. The kid of a token chooses the key; a token without a kid is valid if exactly "
          "one key fits. The set takes the place of token-secret-file and token-public-key-file."),
      text("token-jwks-url", "", kVhost, OF(tokens.jwks_url), set_url,
           "URL of a JSON Web Key Set. It takes the place of the other keys; token-jwks-file is used until it is "
           "there."),
      text("token-audience", "", kVhost, OF(tokens.audience), set_text,
           "A token must have this text in its claim aud. Empty: any."),
      text("token-issuer", "", kVhost, OF(tokens.issuer), set_text,
           "A token must have this text as its claim iss. Empty: any."),
      text(
          "token-cookie", "", kVhost, OF(token_cookie), set_cookie_name,
          "Name of the cookie that may hold the token of a text client or an event stream. Empty: none. Set the cookie "
          "with HttpOnly, Secure and SameSite."),
      flag("metrics", "0", kVhost, OF(metrics), "Serves GET /metrics in the text format of Prometheus."),
      flag("health", "0", kVhost, OF(health),
           "Serves GET /healthz (200 while the server runs) and GET /readyz (200 while the vhost accepts clients)."),
      list("admin-from", "addresses", "127.0.0.0/8 ::1", kVhost, OF(admin_from), set_addresses,
           "Addresses that may read metrics and health, separated by spaces. Others get 403, and so does every request "
           "that a proxy forwarded."),
      list("trusted-proxies", "addresses", "", kVhost, OF(trusted_proxies), set_addresses,
           "Addresses of proxies whose X-Forwarded-For names the client, separated by spaces. The log and the limits "
           "per "
           "address then use the client's address. If a proxy does not name the client, the log says unknown address, "
           "and the limits count the proxy instead."),
      text("hub", "", kVhost, OF(hub_name), set_text,
           "Vhosts with the same hub share their rooms. They must agree on all options marked hub or room. Empty: "
           "the vhost has rooms of its own."),
      text(
          "storage", "", kHub, OF(storage.path), set_text,
          "File that keeps the messages of durable rooms, so that a restart or a crash loses none: an SQLite database, "
          "which the server makes. It also keeps revoked tokens and the idempotency keys of publications. One hub has "
          "one file. Empty: messages are in memory only. See STORAGE."),
      choice("storage-sync", "normal|full", "normal", kHub, OF(storage.sync),
             "normal: messages survive the end of the process, however it ends. After a loss of power the last ones "
             "may be "
             "missing; clients that come back are told so. full: messages survive a loss of power, too, and publishing "
             "waits for the disk each time."),
      number("storage-max", "bytes", "1073741824", kMiB, uint64_t{1024} * 1024 * kMiB, kHub, OF(storage.max_bytes),
             "Largest size of the storage file. Above it the server forgets the oldest messages of all rooms."),
      urls("redis", kHub, OF(redis.servers),
           "URLs of Redis servers through which this server and others share their rooms, separated by spaces. Of "
           "several, each has a part of the rooms. redis://HOST:PORT, rediss:// with TLS, "
           "redis://USER@HOST:PORT/DATABASE, "
           "unix:PATH, or redis+sentinel://HOST:PORT,HOST:PORT/NAME for a server that Sentinels know by this name. All "
           "servers that share rooms need the same list in the same order, and so does Centrifugo 6.9 beside them. "
           "Empty: rooms are of this server alone."),
      text("redis-prefix", "centrifugo", kHub, OF(redis.prefix), set_redis_prefix,
           "First part of the names of all keys and channels in Redis. Servers with other prefixes do not see each "
           "other. The default is that of Centrifugo."),
      text("redis-password-file", "", kHub, OF(redis.password_file), set_text,
           "File with the password for Redis in its first line. It is read again at each connect, so it may change. "
           "Other "
           "users of the machine must not be able to read it. Empty: no password."),
      text("redis-tls-ca-file", "", kHub, OF(redis.tls_ca_file), set_text,
           "File of certificates in PEM that rediss servers must be signed by. Empty: the system's certificate "
           "authorities."),
      text("close-word", "close", kVhost, OF(close_word), set_text,
           "A client that publishes exactly this text is closed after the room has received it. Empty: no such "
           "text."),
      text("close-reply", "你要求我關閉喔!", kVhost, OF(close_reply), set_text,
           "The last message to a client that sent close-word, before it is closed with 1000 (structured clients: "
           "4500). The default means \"you asked me to close!\". Empty: none."),
      choice("binary", "refuse|relay", "refuse", kVhost, OF(binary),
             "Binary messages from text clients and the HTTP API: refuse closes the sender with 1003 or answers 400, "
             "relay passes them on as binary. Structured clients in protobuf may always publish bytes."),
      list("allowed-origins", "origins", "", kVhost, OF(allowed_origins), set_origins,
           "Origins whose pages may connect in addition to the server's own, separated by spaces; * allows all, null "
           "allows pages from files. Clients that send no Origin header are always allowed."),
      list(
          "allowed-hosts", "names", "", kVhost, OF(allowed_hosts), set_allowed_hosts,
          "Host names of this server in addition to the vhost's name, separated by spaces; * allows all. localhost and "
          "IP addresses are always allowed. A request for another host gets 421, except for files: a page of another "
          "site whose name leads to this server could use it otherwise (DNS rebinding)."),
      number("max-message", "bytes", "65536", 1, 64 * kMiB, kVhost, OF(max_message),
             "Largest message, after reassembly. A client that sends a larger one is closed with 1009; over HTTP it "
             "gets 413."),
      number("max-clients", "clients", "0", 0, 10'000'000, kVhost, OF(max_clients),
             "Largest number of WebSockets and event streams on this vhost. Further clients get 503. 0: no limit."),
      number("max-waiting", "connections", "2048", 0, 10'000'000, kVhost, OF(max_waiting),
             "Largest number of connections that have not sent a request yet, counted over the whole server. A further "
             "one takes the place of the one that has waited longest. 0: no limit. Has no effect in lwsws."),
      number("max-waiting-per-address", "connections", "1024", 0, 10'000'000, kVhost, OF(max_waiting_from),
             "Largest number of connections from one address, or from one /64 of IPv6, that have not sent a request "
             "yet. trusted-proxies and Unix sockets are exempt. 0: no limit. Has no effect in lwsws."),
      number("max-rooms", "rooms", "100000", 1, 10'000'000, kHub, OF(hub.max_rooms),
             "Largest number of rooms, including empty rooms with a history. A new room takes the place of the one "
             "that has been empty longest; if none is empty, the new room is refused."),
      number(
          "max-rooms-per-address", "rooms", "10000", 0, 10'000'000, kHub, OF(hub.max_rooms_per_origin),
          "Largest number of rooms made by clients of one address, or of one /64 of IPv6, including empty rooms with "
          "a history; a further room is refused with 503. A proxy that is not in trusted-proxies counts as one "
          "address. 0: no limit."),
      number("max-subscriptions", "rooms", "128", 1, 10000, kVhost, OF(max_subscriptions),
             "Largest number of rooms for one structured client; a further subscribe gets error 106. It also limits "
             "the rooms of one event stream, which are never more than 32."),
      number(
          "max-joins-per-second", "connections", "0", 0, 1'000'000, kVhost, OF(max_joins_per_second),
          "Connections (not joins of rooms) that one address may open per second. Further connections get 429. 0: no "
          "limit."),
      duration(
          "drain-seconds", "s", "0", 0, 3600, kVhost, OF(drain_time), kSecond,
          "At shutdown, closes the clients one after another within this time, with 1012, so that they do not all "
          "reconnect at once. 0: closes all at once, with 1001. Structured clients get 3001. Has no effect in lwsws."),
      number("message-rate", "messages/s", "100", 0, 1'000'000, kVhost, OF(message_rate),
             "Messages per second that a client may send in the long run. The server reads a faster client more "
             "slowly and loses nothing. Over HTTP/2 it closes the client with 1008 (structured clients: 3013). 0: no "
             "limit."),
      number("message-burst", "messages", "200", 1, 1'000'000, kVhost, OF(message_burst),
             "Messages that a client may send at once before message-rate applies."),
      number(
          "replay", "messages", "0", 0, 1'000'000, kRoom, OF(replay),
          "Number of past messages that a new text client or event stream receives; fewer if the history has fewer."),
      number("history-size", "messages", "100", 0, 1'000'000, kRoom, OF(history.messages),
             "Number of messages that a room keeps. 0: none."),
      number("history-in-memory", "messages", "100", 1, 1'000'000, kRoom, OF(history.in_memory),
             "Number of a durable room's messages that stay in memory; older ones are read from storage when somebody "
             "asks for them. Other rooms keep all of their messages in memory."),
      flag(
          "durable", "1", kRoom, OF(durable),
          "Keeps the messages of a room in storage. It has an effect only with storage and a history-size above 0, and "
          "with redis only in rooms whose broker is local."),
      choice(
          "broker", "local|shared", "shared", kRoom, OF(shared),
          "shared: a room is the same on all servers with the same redis, which also keeps its history. local: a room "
          "is of this server alone, and goes on without Redis. Without redis all rooms are local. Storage keeps only "
          "local rooms."),
      number("history-bytes", "bytes", "1048576", 0, uint64_t{1024} * kMiB, kRoom, OF(history.bytes),
             "Total size of the messages that a room keeps."),
      duration("history-age", "s", "300", 1, 31'536'000, kRoom, OF(history.age), kSecond,
               "Time for which a room keeps a message. A room that has been empty and quiet for this long is dropped."),
      choice(
          "recovery-mode", "stream|cache|auto-cache", "stream", kRoom, OF(recovery_mode),
          "Chooses the messages that structured clients and event streams get when they come back to a room: stream, "
          "all that they have missed; cache, only the last one, for rooms where each message replaces the one before; "
          "auto-cache, the same, and newcomers of the structured dialect get the last one, too. Needs a history that "
          "the client may see."),
      flag("presence", "1", kRoom, OF(presence), "Allows members and back ends to ask who is in a room."),
      flag("join-leave", "1", kRoom, OF(join_leave),
           "Tells structured clients that ask for it who joins and leaves a room. Needs presence."),
      flag("force-join-leave", "0", kRoom, OF(force_join_leave),
           "Tells all structured clients who joins and leaves a room, also those that do not ask for it. Needs "
           "join-leave."),
      choice("delta", "off|fossil", "fossil", kRoom, OF(delta),
             "fossil sends structured clients that ask for it (delta: 'fossil' in an SDK) the difference between a "
             "message and the one before, if that is shorter. As long as such a client is in a room, the server keeps "
             "the room's last message, which counts towards max-memory. off sends whole messages to all."),
      choice("may-join", "anyone|users|token|nobody", "anyone", kRoom, OF(rules.join),
             "Clients that may join a room: anyone; users, whose user a token or a back end has confirmed; token, "
             "whom a subscription token or a back end lets into this room; nobody. A subscription token or a back end "
             "overrides this option. A room whose name begins with $ always needs one of them. A room with # in its "
             "name is only for the users named behind it, as in dialog#1,2."),
      choice("may-publish", "anyone|users|token|nobody|members", "members", kRoom, OF(rules.publish),
             "Clients that may publish in a room: as for may-join, or members, everybody who is in the room. Back ends "
             "may always publish."),
      choice("may-see-history", "anyone|users|token|nobody|members", "members", kRoom, OF(rules.history),
             "Clients that may ask for a room's history, and get what they have missed: as for may-publish."),
      choice("may-see-presence", "anyone|users|token|nobody|members", "members", kRoom, OF(rules.presence),
             "Clients that may ask who is in a room, and are told who joins and leaves: as for may-publish."),
      text(
          "room-pattern", "", kRoom, OF(rules.pattern), set_pattern,
          "Regular expression (RE2) for rooms' names. It is tried on the part behind the namespace, and may match "
          "anywhere: use ^ and $ for the whole part. A client that uses another name gets error 107. Empty: any name."),
      flag("strict-namespaces", "0", kHub, OF(hub.strict_namespaces),
           "1: clients can use only rooms without a namespace and rooms of namespaces that have an option here; others "
           "get error 102. 0: rooms of other namespaces have the options of the vhost."),
      flag("anonymous", "1", kVhost, OF(anonymous),
           "1: clients without a token may connect; they have no user. 0: they are closed with 3501, and clients whose "
           "token has no user with 3507. Over HTTP both get 401 or 403."),
      duration("expiry-grace", "s", "25", 0, 3600, kVhost, OF(expiry_grace), kSecond,
               "Time that a client has to show a new token after the old one has expired. Then a connection is closed "
               "with 3005, and a subscription ends with 2501."),
      flag("subscribe-hook", "0", kRoom, OF(subscribe_hook), "Asks subscribe-url before a client subscribes."),
      flag("publish-hook", "0", kRoom, OF(publish_hook),
           "Asks publish-url before a client publishes. Back ends that publish over HTTP are not asked about."),
      flag("sub-refresh-hook", "0", kRoom, OF(sub_refresh_hook), "Asks sub-refresh-url when a subscription expires."),
      duration("presence-grace", "s", "5", 0, 3600, kRoom, OF(presence_grace), kSecond,
               "For structured clients only: a client that lost its connection counts as present for this time. If it "
               "returns in time, the others do not see it leave."),
      number("max-memory", "bytes", "268435456", 65536, uint64_t{1024} * 1024 * kMiB, kHub, OF(hub.max_memory),
             "Memory for messages and for what clients hold. Above it the server first forgets the oldest history, "
             "then closes the slowest readers. "
             "Two parts have limits of their own. Rooms, subscriptions and what clients say of themselves may use "
             "half; the server refuses further ones. "
             "Unfinished messages and waiting commands may use a quarter; above that, the server closes the clients "
             "with the oldest unfinished messages with 1013 (structured clients: 3013)."),
      choice(
          "fanout", "auto|write|uring", "auto", kHub, OF(fanout),
          "Method of sending messages: write makes a write call for each client, uring sends to many clients at once "
          "through io_uring (not over TLS). auto uses io_uring if the system has it."),
      choice(
          "compression", "off|on", "on", kVhost, OF(compression),
          "on: WebSocket clients that ask for permessage-deflate get messages compressed, and may compress theirs. A "
          "message is compressed once for all readers, each by itself. For message-rate, 4096 compressed bytes of a "
          "client count as one more message. Has no effect in lwsws."),
      number("compress-from", "bytes", "256", 1, 64 * kMiB, kHub, OF(compress_from),
             "Smallest message that is compressed. Messages above 256 KiB, replies and messages of the history are "
             "sent as they are."),
      number("max-lag", "bytes", "1048576", 1024, uint64_t{1024} * kMiB, kHub, OF(hub.max_lag),
             "A reader with more unsent bytes than this is closed with 3008. Keep it well above max-message."),
      duration("flush-interval", "ms", "2", 0, 1000, kHub, OF(hub.flush_interval), kMillisecond,
               "A room sends its waiting messages at most once in this time, or as soon as 16 wait. 0: in every turn "
               "of the event loop."),
      duration("ping-interval", "s", "25", 0, 86400, kVhost, OF(ping_interval), kSecond,
               "Pings a text client after this much silence, and a structured client at this interval. 0: never."),
      duration("pong-timeout", "s", "10", 1, 3600, kVhost, OF(pong_timeout), kSecond,
               "Time in which a client must answer a ping; otherwise its connection is dropped. A new structured "
               "client must send connect in this time, or it is closed with 3502. "
               "A message that comes in pieces must be complete, or have grown by 65536 bytes, within three times "
               "this. Otherwise "
               "its client is closed with 1008 (structured clients: 3012).")};
  return table;
}

}  // namespace lws_chat
