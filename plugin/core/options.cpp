#include "core/options.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "core/address_range.h"
#include "core/origin.h"
#include "core/room.h"
#include "core/utf8.h"

namespace lws_chat {
namespace {

constexpr uint64_t kMiB = uint64_t{1024} * 1024;
constexpr size_t kMaxCloseReply = 4096;  // it has to fit one frame

// How a row's text gets into Options and out again.
struct Binding {
  OptionRow row;
  std::function<std::string(Options&, std::string_view)> set;
  std::function<std::string(const Options&)> get;
};

std::string quoted(std::string_view value) { return "\"" + std::string(value) + "\""; }

std::string set_flag(bool& flag, std::string_view value) {
  for (std::string_view yes : {"1", "on", "yes", "true"})
    if (value == yes) return flag = true, "";
  for (std::string_view no : {"0", "off", "no", "false"})
    if (value == no) return flag = false, "";
  return quoted(value) + " is neither on nor off, expected \"1\" or \"0\"";
}

std::string set_number(uint64_t& number, std::string_view value, const OptionRow& row) {
  uint64_t parsed = 0;
  const char* end = value.data() + value.size();
  auto [stop, error] = std::from_chars(value.data(), end, parsed);
  if (value.empty() || stop != end || error == std::errc::invalid_argument)
    return quoted(value) + " is not a whole number, expected " + option_range(row);
  if (error != std::errc() || parsed < row.min || parsed > row.max)
    return quoted(value) + " is out of range, expected " + option_range(row);
  number = parsed;
  return "";
}

std::string set_text(std::string& text, std::string_view value) {
  if (!is_utf8(value)) return "not valid UTF-8";
  text = value;
  return "";
}

// A path of a URL, as it stands in the request: absolute, without query.
std::string set_path(std::string& path, std::string_view value) {
  if (value.empty() || value[0] != '/') return quoted(value) + " is not a path, expected one that begins with /";
  if (value.find_first_of("?# \t\r\n") != std::string_view::npos)
    return quoted(value) + " is not a plain path, expected one without blanks, ? and #";
  path = value;
  return "";
}

// Calls `told` for each word of a list, until it returns what is wrong with one.
template <typename Told>
std::string each_word(std::string_view list, Told&& told) {
  size_t at = 0;
  while (at < list.size()) {
    size_t end = list.find_first_of(", ", at);
    if (end == std::string_view::npos) end = list.size();
    std::string_view word = list.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    std::string problem = told(word);
    if (!problem.empty()) return problem;
  }
  return "";
}

std::string set_origins(std::vector<std::string>& origins, std::string_view value) {
  std::vector<std::string> parsed;
  std::string problem = each_word(value, [&](std::string_view word) -> std::string {
    if (word != "*" && !is_origin(word))
      return quoted(word) + " is not an origin, expected one like https://example.org or https://example.org:8443";
    parsed.emplace_back(word);
    return "";
  });
  if (problem.empty()) origins = std::move(parsed);
  return problem;
}

std::string set_addresses(std::string& ranges, std::string_view value) {
  std::string problem = each_word(value, [&](std::string_view word) -> std::string {
    AddressRange range;
    if (read_address_range(word, range)) return "";
    return quoted(word) + " is not an address, expected one like 192.0.2.1, 10.0.0.0/8, ::1 or 2001:db8::/32";
  });
  if (problem.empty()) ranges = value;
  return problem;
}

std::string join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

Binding flag(OptionRow row, bool Options::*member) {
  row.type = OptionType::kFlag;
  return {row, [member](Options& o, std::string_view v) { return set_flag(o.*member, v); },
          [member](const Options& o) { return std::string(o.*member ? "1" : "0"); }};
}

Binding number(OptionRow row, uint64_t Options::*member) {
  row.type = OptionType::kNumber;
  return {row, [member, row](Options& o, std::string_view v) { return set_number(o.*member, v, row); },
          [member](const Options& o) { return std::to_string(o.*member); }};
}

Binding text(OptionRow row, std::string Options::*member, std::string (*set)(std::string&, std::string_view)) {
  row.type = OptionType::kText;
  return {row, [member, set](Options& o, std::string_view v) { return set(o.*member, v); },
          [member](const Options& o) { return o.*member; }};
}

std::string set_status(Options& options, std::string_view value) {
  if (value != "ok" && value != "off") return quoted(value) + " is not known, expected ok or off";
  options.enabled = value == "ok";
  return "";
}

std::string set_optional_path(std::string& path, std::string_view value) {
  if (value.empty()) return path.clear(), "";
  return set_path(path, value);
}

std::string set_binary(Options& options, std::string_view value) {
  if (value != "refuse" && value != "relay") return quoted(value) + " is not known, expected refuse or relay";
  options.binary = value == "relay" ? BinaryPolicy::kRelay : BinaryPolicy::kRefuse;
  return "";
}

std::string set_room(std::string& room, std::string_view value) {
  if (!is_room_name(value))
    return quoted(value) + " is no room name, expected 1 to 255 bytes without / and control characters";
  room = value;
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

// A row's fields in the order of OptionRow; the type is filled in by the binding.
const std::vector<Binding>& bindings() {
  static const std::vector<Binding> table = {
      {{"status", OptionType::kChoice, "", "off", 0, 0, "ok|off", OptionScope::kVhost,
        "Enables the protocol on this vhost. A vhost that does not say ok refuses every upgrade."},
       set_status,
       [](const Options& o) { return std::string(o.enabled ? "ok" : "off"); }},
      flag({"default",
            {},
            "",
            "0",
            0,
            0,
            "",
            OptionScope::kVhost,
            "Also serves clients that ask for no subprotocol, as new WebSocket(url) does."},
           &Options::is_default),
      text({"path",
            {},
            "",
            "/chat/",
            0,
            0,
            "",
            OptionScope::kVhost,
            "The path at which WebSocket upgrades are accepted; what follows it names the room."},
           &Options::path, set_path),
      text({"default-room",
            {},
            "",
            "lobby",
            0,
            0,
            "",
            OptionScope::kVhost,
            "The room at the path itself; any other is below it, at /chat/NAME."},
           &Options::default_room, set_room),
      text(
          {"structured-path",
           {},
           "",
           "/connection/websocket",
           0,
           0,
           "",
           OptionScope::kVhost,
           "The path at which the structured dialect is spoken, Centrifuge's client protocol in JSON. Empty: nowhere."},
          &Options::structured_path, set_optional_path),
      text({"home",
            {},
            "",
            "/web/",
            0,
            0,
            "",
            OptionScope::kVhost,
            "Where GET / leads, when the vhost mounts callback://lws-chat at /. Empty: 404."},
           &Options::home, set_optional_path),
      text({"api-key-file",
            {},
            "",
            "",
            0,
            0,
            "",
            OptionScope::kVhost,
            "A file with keys, one a line, of which a back end has to show one for POST /pub/ROOM and POST "
            "/api/METHOD, when the vhost mounts callback://lws-chat at /. Empty: nobody can."},
           &Options::api_key_file, set_text),
      flag(
          {"metrics",
           {},
           "",
           "0",
           0,
           0,
           "",
           OptionScope::kVhost,
           "Answers GET /metrics with numbers in Prometheus's format, when the vhost mounts callback://lws-chat at /."},
          &Options::metrics),
      flag({"health",
            {},
            "",
            "0",
            0,
            0,
            "",
            OptionScope::kVhost,
            "Answers GET /healthz while the server lives and GET /readyz while it takes clients, likewise."},
           &Options::health),
      {{"admin-from", OptionType::kList, "addresses", "127.0.0.0/8 ::1", 0, 0, "", OptionScope::kVhost,
        "The addresses that metrics and health answer to, separated by blanks; others get 403, and so does what a "
        "proxy passes on that is not in trusted-proxies."},
       [](Options& o, std::string_view v) { return set_addresses(o.admin_from, v); },
       [](const Options& o) { return o.admin_from; }},
      {{"trusted-proxies", OptionType::kList, "addresses", "", 0, 0, "", OptionScope::kVhost,
        "The addresses of proxies in front of this server, separated by blanks: of what comes from them, the client's "
        "address is taken from X-Forwarded-For, for the log, max-joins-per-second and admin-from."},
       [](Options& o, std::string_view v) { return set_addresses(o.trusted_proxies, v); },
       [](const Options& o) { return o.trusted_proxies; }},
      text({"hub",
            {},
            "",
            "",
            0,
            0,
            "",
            OptionScope::kVhost,
            "Vhosts that name the same hub share their clients and have to agree on the options marked \"hub\". "
            "Empty: the vhost keeps to itself."},
           &Options::hub, set_text),
      text({"close-word",
            {},
            "",
            "close",
            0,
            0,
            "",
            OptionScope::kVhost,
            "A text by which a client asks the server to close. It is broadcast like any text first. Empty: none."},
           &Options::close_word, set_text),
      text({"close-reply",
            {},
            "",
            "你要求我關閉喔!",
            0,
            0,
            "",
            OptionScope::kVhost,
            "What that client alone is told before the server closes with 1000. Empty: nothing."},
           &Options::close_reply, set_text),
      {{"binary", OptionType::kChoice, "", "refuse", 0, 0, "refuse|relay", OptionScope::kVhost,
        "What becomes of binary messages: refuse closes the sender with 1003, relay passes them on as binary."},
       set_binary,
       [](const Options& o) { return std::string(o.binary == BinaryPolicy::kRelay ? "relay" : "refuse"); }},
      {{"allowed-origins", OptionType::kList, "origins", "", 0, 0, "", OptionScope::kVhost,
        "Further origins whose pages may connect, separated by blanks; * allows all. "
        "The server's own origin and clients without an Origin header are always allowed."},
       [](Options& o, std::string_view v) { return set_origins(o.allowed_origins, v); },
       [](const Options& o) { return join(o.allowed_origins); }},
      number({"max-message",
              {},
              "bytes",
              "65536",
              1,
              64 * kMiB,
              "",
              OptionScope::kVhost,
              "The largest message accepted, reassembled. A larger one closes its sender with 1009."},
             &Options::max_message),
      number({"max-clients",
              {},
              "clients",
              "0",
              0,
              10'000'000,
              "",
              OptionScope::kVhost,
              "How many clients this vhost takes; more are refused with 503 before the upgrade. 0: no limit."},
             &Options::max_clients),
      number(
          {"max-rooms",
           {},
           "rooms",
           "100000",
           1,
           10'000'000,
           "",
           OptionScope::kHub,
           "How many rooms there may be, those included that are only remembered. When there is one more, the one that "
           "was left longest ago is forgotten; with somebody in every room it is refused with 503."},
          &Options::max_rooms),
      number({"max-subscriptions",
              {},
              "rooms",
              "128",
              1,
              10000,
              "",
              OptionScope::kVhost,
              "In how many rooms one client of the structured dialect may be; more are refused with error 106."},
             &Options::max_subscriptions),
      number({"max-joins-per-second",
              {},
              "connections",
              "0",
              0,
              1'000'000,
              "",
              OptionScope::kVhost,
              "How many connections one address may open in a second; more are refused with 429. 0: no limit."},
             &Options::max_joins_per_second),
      number(
          {"drain-seconds",
           {},
           "s",
           "0",
           0,
           3600,
           "",
           OptionScope::kVhost,
           "When the server ends its clients are told with 1012 to come back, spread over so long, so that they do not "
           "all come at once. 0: all are closed at once, with 1001."},
          &Options::drain_seconds),
      number({"message-rate",
              {},
              "messages/s",
              "100",
              0,
              1'000'000,
              "",
              OptionScope::kVhost,
              "How many messages a second one client may send for long. From a faster one the server reads more "
              "slowly; nothing is dropped. 0: no limit."},
             &Options::message_rate),
      number({"message-burst",
              {},
              "messages",
              "200",
              1,
              1'000'000,
              "",
              OptionScope::kVhost,
              "How many messages a client may send at once before message-rate holds."},
             &Options::message_burst),
      number({"replay",
              {},
              "messages",
              "0",
              0,
              1'000'000,
              "",
              OptionScope::kRoom,
              "How many of the room's last messages a client of the text dialect gets when it joins, as far as the "
              "history has "
              "them."},
             &Options::replay),
      number({"history-size",
              {},
              "messages",
              "100",
              0,
              1'000'000,
              "",
              OptionScope::kRoom,
              "How many messages of a room are kept. 0: none."},
             &Options::history_size),
      number({"history-bytes",
              {},
              "bytes",
              "1048576",
              0,
              uint64_t{1024} * kMiB,
              "",
              OptionScope::kRoom,
              "How many bytes the kept messages of a room may have together."},
             &Options::history_bytes),
      number({"history-age",
              {},
              "s",
              "300",
              1,
              31'536'000,
              "",
              OptionScope::kRoom,
              "How long a message is kept. An empty room is forgotten when its last message is."},
             &Options::history_age),
      flag({"presence", {}, "", "1", 0, 0, "", OptionScope::kRoom, "Members of a room may ask who is in it."},
           &Options::presence),
      flag({"join-leave",
            {},
            "",
            "1",
            0,
            0,
            "",
            OptionScope::kRoom,
            "Members of a room that want to know are told who comes and goes; needs presence."},
           &Options::join_leave),
      number(
          {"presence-grace",
           {},
           "s",
           "5",
           0,
           3600,
           "",
           OptionScope::kRoom,
           "A client that lost its connection counts as present for so long; nobody is told if it comes back in time."},
          &Options::presence_grace),
      number({"max-memory",
              {},
              "bytes",
              "268435456",
              65536,
              uint64_t{1024} * 1024 * kMiB,
              "",
              OptionScope::kHub,
              "What all rooms' streams and histories may take together. When there is more, the oldest history goes "
              "first, then the slowest readers."},
             &Options::max_memory),
      {{"fanout", OptionType::kChoice, "", "auto", 0, 0, "auto|write|uring", OptionScope::kHub,
        "How messages are sent: one write for every client, or many at once through io_uring, which serves plain "
        "HTTP/1.1 only. auto takes io_uring where the system has it."},
       set_fanout,
       get_fanout},
      number(
          {"max-lag",
           {},
           "bytes",
           "1048576",
           1024,
           uint64_t{1024} * kMiB,
           "",
           OptionScope::kHub,
           "How far a reader may fall behind before it is closed. It bounds what a stalled reader costs; keep it well "
           "above max-message."},
          &Options::max_lag),
      number(
          {"flush-interval",
           {},
           "ms",
           "2",
           0,
           1000,
           "",
           OptionScope::kHub,
           "A busy room is sent out at most once in this time, or as soon as 16 messages wait; a quiet one at once. 0: "
           "every loop turn."},
          &Options::flush_interval),
      number({"ping-interval",
              {},
              "s",
              "25",
              0,
              86400,
              "",
              OptionScope::kVhost,
              "A peer that has been silent for so long is pinged. 0: never."},
             &Options::ping_interval),
      number({"pong-timeout",
              {},
              "s",
              "10",
              1,
              3600,
              "",
              OptionScope::kVhost,
              "A pinged peer that shows no life for so long is gone."},
             &Options::pong_timeout),
  };
  return table;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> rows = [] {
    std::vector<OptionRow> result;
    for (const Binding& binding : bindings()) result.push_back(binding.row);
    return result;
  }();
  return rows;
}

// "typing/history-size" is an option of the namespace typing; without a slash the namespace is empty.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {{}, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

const OptionRow* find_option(std::string_view name) {
  name = split_name(name).second;
  for (const OptionRow& row : option_table())
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& words) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : words) {
    size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

std::string nearest_option(std::string_view full_name) {
  std::string_view name = split_name(full_name).second;
  std::string_view before = full_name.substr(0, full_name.size() - name.size());
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_table())
    if (before.empty() || row.scope == OptionScope::kRoom) names.push_back(row.name);
  std::string_view nearest = nearest_word(name, names);
  return nearest.empty() ? std::string() : std::string(before) + std::string(nearest);
}

Options default_options() {
  Options options;
  for (const Binding& binding : bindings()) (void)binding.set(options, binding.row.fallback);
  return options;
}

// Keeps what is to be different in a namespace, when it is right.
std::string set_override(Options& options, std::string_view name_space, const Binding& binding,
                         std::string_view value) {
  std::string option(binding.row.name);
  if (binding.row.scope != OptionScope::kRoom) return quoted(option) + " is no option of rooms, it has no namespace";
  // lws's parser of the configuration takes a dot for the end of a name.
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name_space.empty() || name_space.find_first_not_of(kAllowed) != std::string_view::npos)
    return quoted(name_space) + " is no namespace, expected letters, digits, _ and -";
  Options scratch = options;
  std::string problem = binding.set(scratch, value);
  if (problem.empty()) options.overrides.push_back({std::string(name_space), option, std::string(value)});
  return problem;
}

std::string set_option(Options& options, std::string_view full_name, std::string_view value) {
  auto [name_space, name] = split_name(full_name);
  bool plain = name.size() == full_name.size();
  for (const Binding& binding : bindings())
    if (binding.row.name == name)
      return plain ? binding.set(options, value) : set_override(options, name_space, binding, value);
  std::string nearest = nearest_option(full_name);
  return "unknown option " + quoted(full_name) + (nearest.empty() ? "" : ", did you mean " + quoted(nearest) + "?");
}

std::vector<std::string> namespaces(const Options& options) {
  std::vector<std::string> names;
  for (const Options::Override& override : options.overrides) names.push_back(override.name_space);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Options options_in(const Options& options, std::string_view name_space) {
  Options result = options;
  for (const Options::Override& override : options.overrides)
    if (override.name_space == name_space) (void)set_option(result, override.option, override.value);
  return result;
}

std::string check_options(const Options& options) {
  if (!options.close_word.empty() && options.close_word.size() > options.max_message)
    return "close-word is longer than max-message, so nobody can ever send it";
  if (options.close_reply.size() > kMaxCloseReply)
    return "close-reply is longer than " + std::to_string(kMaxCloseReply) + " bytes";
  bool below = options.path.back() == '/' && options.structured_path.compare(0, options.path.size(), options.path) == 0;
  if (below || options.structured_path == options.path)
    return "structured-path " + quoted(options.structured_path) + " is path " + quoted(options.path) +
           " or below it, where rooms are";
  return "";
}

std::vector<std::string> hub_conflicts(const Options& a, const Options& b) {
  std::vector<std::string> conflicts;
  std::vector<std::string> groups = namespaces(a);
  for (const std::string& name : namespaces(b)) groups.push_back(name);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  groups.insert(groups.begin(), "");
  for (const std::string& group : groups) {
    Options left_options = options_in(a, group);
    Options right_options = options_in(b, group);
    for (const Binding& binding : bindings()) {
      bool relevant =
          group.empty() ? binding.row.scope != OptionScope::kVhost : binding.row.scope == OptionScope::kRoom;
      if (!relevant) continue;
      std::string left = binding.get(left_options);
      std::string right = binding.get(right_options);
      // What is different everywhere has been said for the plain namespace.
      if (left == right || (!group.empty() && binding.get(a) != binding.get(b))) continue;
      conflicts.push_back((group.empty() ? "" : group + "/") + std::string(binding.row.name) + " (" + left + " and " +
                          right + ")");
    }
  }
  return conflicts;
}

std::string option_range(const OptionRow& row) {
  switch (row.type) {
    case OptionType::kNumber:
      return std::to_string(row.min) + " to " + std::to_string(row.max) + " " + std::string(row.unit);
    case OptionType::kFlag: return "0 or 1";
    case OptionType::kChoice: {
      std::string words(row.choices);
      for (size_t bar; (bar = words.find('|')) != std::string::npos;) words.replace(bar, 1, " or ");
      return words;
    }
    case OptionType::kList: return std::string(row.unit);
    case OptionType::kText: return "text";
  }
  return "";
}

}  // namespace lws_chat
