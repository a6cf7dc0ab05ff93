#include "config/options.h"

#include <algorithm>
#include <utility>

#include "config/option_table.h"
#include "config/suggestion.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxCloseReply = 4096;  // bytes; it must fit one frame

// Splits "typing/history-size" into namespace and option. Without a slash the namespace is empty.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {{}, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

// Keeps the value that a namespace sets if it is valid.
std::string set_override(Options& options, std::string_view name_space, const OptionRow& row, std::string_view value) {
  if (row.scope != OptionScope::kRoom)
    return quoted(row.name) + " is not an option of rooms, so a namespace cannot set it";
  // No dot: for lws's parser of the configuration it ends a name.
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name_space.empty() || name_space.find_first_not_of(kAllowed) != std::string_view::npos)
    return quoted(name_space) + " is not a namespace, expected letters, digits, _ and -";
  auto place = static_cast<size_t>(&row - option_table().data());
  Options::Override override{std::string(name_space), place, {}};
  std::string problem = row.set_in_room(override.value, value);
  if (problem.empty()) options.overrides.push_back(std::move(override));
  return problem;
}

std::string set(Options& options, const OptionRow& row, std::string_view value) {
  return row.scope == OptionScope::kRoom ? row.set_in_room(options.hub.rooms, value) : row.set(options, value);
}

// Returns the settings of rooms in a namespace. An empty or unknown namespace has the vhost's.
RoomSettings rooms_in(const Options& options, std::string_view name_space) {
  RoomSettings settings = options.hub.rooms;
  for (const Options::Override& override : options.overrides)
    if (override.name_space == name_space) option_table()[override.option].copy(override.value, settings);
  return settings;
}

// Returns the namespaces of both, sorted, each once.
std::vector<std::string> namespaces(const Options& a, const Options& b) {
  std::vector<std::string> names;
  for (const Options* options : {&a, &b})
    for (const Options::Override& override : options->overrides) names.push_back(override.name_space);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Rooms that ask a back end need its URL.
std::string hook_without_url(const Options& options, const RoomSettings& rooms) {
  auto missing = [&](bool asks, HookKind kind, const char* flag, const char* url) {
    return asks && options.hooks.url(kind).empty() ? std::string(flag) + " is on, but " + url + " is empty" : "";
  };
  std::string problem = missing(rooms.subscribe_hook, HookKind::kSubscribe, "subscribe-hook", "subscribe-url");
  if (problem.empty()) problem = missing(rooms.publish_hook, HookKind::kPublish, "publish-hook", "publish-url");
  if (!problem.empty()) return problem;
  return missing(rooms.sub_refresh_hook, HookKind::kSubRefresh, "sub-refresh-hook", "sub-refresh-url");
}

// Redis or storage gives a room's messages their positions, so a room has one of them. `durable` is on by default, so
// only a namespace that sets it is meant.
std::string durable_and_shared(const Options& options) {
  if (!options.redis.on() || !options.storage.on()) return "";
  for (const Options::Override& override : options.overrides) {
    if (option_table()[override.option].name != "durable" || !override.value.durable) continue;
    const std::string& name = override.name_space;
    RoomSettings rooms = rooms_in(options, name);
    if (rooms.durable && rooms.shared)
      return name + "/durable is on, but the rooms of " + quoted(name) +
             " are in Redis, and a room is either in Redis or in storage: set " + name + "/broker to local, or " +
             name + "/durable to 0";
  }
  return "";
}

std::string contradiction(const Options& options) {
  std::string problem = hook_without_url(options, options.hub.rooms);
  for (const auto& [name, rooms] : options.hub.namespaces)
    if (problem.empty()) problem = hook_without_url(options, rooms);
  if (!problem.empty()) return problem;
  if (!options.hooks.url(HookKind::kConnect).empty() && options.hooks.timeout >= options.pong_timeout)
    return "hook-timeout is not below pong-timeout, after which a client that waits for connect-url is closed";
  if (options.storage.on() && options.storage.path[0] != '/')
    return "storage " + quoted(options.storage.path) + " is a relative path, write an absolute one";
  if (std::string both = durable_and_shared(options); !both.empty()) return both;
  if (!options.token_cookie.empty() && (options.allowed_origins.allow_all() || options.allowed_origins.allow_files()))
    return "token-cookie is set and allowed-origins has * or null, so a page of any site could come as its visitor; "
           "list "
           "the origins";
  if (!options.close_word.empty() && options.close_word.size() > options.max_message)
    return "close-word is longer than max-message, so no client can send it";
  if (options.close_reply.size() > kMaxCloseReply)
    return "close-reply is longer than " + std::to_string(kMaxCloseReply) + " bytes";
  bool below = options.path.back() == '/' && options.structured_path.compare(0, options.path.size(), options.path) == 0;
  if (below || options.structured_path == options.path)
    return "structured-path " + quoted(options.structured_path) + " is path " + quoted(options.path) +
           " or below it, where rooms are";
  return "";
}

RoomSettings as_it_works(RoomSettings rooms, const Options& options) {
  rooms.shared = rooms.shared && options.redis.on();
  rooms.durable = rooms.is_durable() && options.storage.on();
  if (!rooms.durable) rooms.history.in_memory = UINT64_MAX;
  return rooms;
}

std::string difference(const std::string& name, const std::string& left, const std::string& right) {
  return name + " (" + left + " and " + right + ")";
}

}  // namespace

bool is_lws_option(std::string_view name) { return name == "raw" || name == "basic-auth"; }

const OptionRow* find_option(std::string_view name) {
  name = split_name(name).second;
  for (const OptionRow& row : option_table())
    if (row.name == name) return &row;
  return nullptr;
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

Options default_options() {
  Options options;
  for (const OptionRow& row : option_table()) (void)set(options, row, row.fallback);
  return options;
}

std::string set_option(Options& options, std::string_view full_name, std::string_view value) {
  const OptionRow* row = find_option(full_name);
  if (!row) {
    std::string nearest = nearest_option(full_name);
    return "unknown option " + quoted(full_name) + (nearest.empty() ? "" : ", did you mean " + quoted(nearest) + "?");
  }
  auto [name_space, name] = split_name(full_name);
  bool plain = name.size() == full_name.size();
  return plain ? set(options, *row, value) : set_override(options, name_space, *row, value);
}

std::string finish_options(Options& options) {
  options.hub.namespaces.clear();
  for (const std::string& name : namespaces(options, options))
    options.hub.namespaces.emplace_back(name, rooms_in(options, name));
  return contradiction(options);
}

HubSettings hub_settings(const Options& options) {
  HubSettings settings = options.hub;
  settings.rooms = as_it_works(settings.rooms, options);
  for (auto& space : settings.namespaces) space.second = as_it_works(space.second, options);
  return settings;
}

bool has_durable_rooms(const Options& options) {
  HubSettings settings = hub_settings(options);
  return settings.rooms.durable || std::any_of(settings.namespaces.begin(), settings.namespaces.end(),
                                               [](const auto& space) { return space.second.durable; });
}

// Each option that lets in only clients with some credential belongs here. lws's own basic-auth does not: in a protocol
// it guards WebSockets but not event streams, in a mount the other way round.
bool has_access_rule(const Options& options) {
  return options.tokens.accepts_tokens() || !options.hooks.url(HookKind::kConnect).empty();
}

// Where a back end is asked about every client without a token, nobody is a stranger.
bool strangers_may_publish(const Options& options) {
  if (!options.anonymous || !options.hooks.url(HookKind::kConnect).empty()) return false;
  auto lets = [](const RoomRules& rules) {
    return rules.publish == Who::kAnyone || (rules.publish == Who::kMembers && rules.join == Who::kAnyone);
  };
  const HubSettings& hub = options.hub;
  return lets(hub.rooms.rules) || std::any_of(hub.namespaces.begin(), hub.namespaces.end(),
                                              [&](const auto& space) { return lets(space.second.rules); });
}

bool is_one_hub(const Options& a, const Options& b) { return !a.hub_name.empty() && a.hub_name == b.hub_name; }

std::vector<std::string> hub_conflicts(const Options& a, const Options& b) {
  std::vector<std::string> conflicts;
  for (const OptionRow& row : option_table()) {
    if (row.scope == OptionScope::kVhost) continue;
    bool of_rooms = row.scope == OptionScope::kRoom;
    std::string left = of_rooms ? row.get_in_room(a.hub.rooms) : row.get(a);
    std::string right = of_rooms ? row.get_in_room(b.hub.rooms) : row.get(b);
    if (left != right) conflicts.push_back(difference(std::string(row.name), left, right));
    // A difference in all rooms is not repeated for each namespace.
    if (left != right || !of_rooms) continue;
    for (const std::string& name : namespaces(a, b)) {
      left = row.get_in_room(rooms_in(a, name));
      right = row.get_in_room(rooms_in(b, name));
      if (left != right) conflicts.push_back(difference(name + "/" + std::string(row.name), left, right));
    }
  }
  return conflicts;
}

}  // namespace lws_chat
