#include "api/server_api.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/utf8.h"
#include "dialect/centrifuge/room_query.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxList = size_t{4} * 1024 * 1024;  // bytes of an answer, about
constexpr size_t kMaxParts = 10000;                   // rooms of a broadcast, commands of a batch
constexpr size_t kMaxReason = 100;                    // bytes of a close reason
constexpr int64_t kMinCode = 3000;                    // of a close code that is ours to give, RFC 6455 section 7.4.2
constexpr int64_t kMaxCode = 4999;

std::string error_object(ClientError error, std::string_view detail) {
  const ClientErrorRow& row = describe(error);
  std::string message(row.message);
  if (!detail.empty()) message.append(": ").append(detail);
  std::string json = "{\"code\":" + std::to_string(row.code) + ",\"message\":";
  append_quoted(json, message);
  return json + "}";
}

// Reads a request: an object and nothing else. Returns what is wrong with it, or an empty text.
std::string read_body(std::string_view body, std::vector<JsonMember>& members) {
  if (!is_utf8(body)) return "the request is not valid UTF-8";
  std::string_view rest = body;
  bool whole = take_object(rest, members);
  if (whole) rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  if (whole && rest.empty()) return {};
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return "the body is empty, expected a JSON object";
  if (rest.empty()) return "the JSON object ends too early, after " + std::to_string(body.size()) + " bytes";
  return "the request is no JSON object, it breaks at byte " + std::to_string(body.size() - rest.size() + 1) + " of " +
         std::to_string(body.size());
}

// Tags are an object of texts.
bool are_tags(const JsonValue& value) {
  if (value.kind != JsonKind::kObject) return false;
  std::vector<JsonMember> members = members_of(value);
  return std::all_of(members.begin(), members.end(),
                     [](const JsonMember& member) { return member.value.kind == JsonKind::kString; });
}

// The room that a request is about.
std::string room_of(Request& request, std::initializer_list<std::string_view> fields = {"channel"}) {
  request.allow_only(fields);
  std::string channel = request.text("channel");
  if (!is_room_name(channel)) request.complain("channel", "room name");
  return channel;
}

}  // namespace

namespace {

// Does steps one after the other, each when the one before is done, and puts their answers together, with commas
// between.
class Steps : public std::enable_shared_from_this<Steps> {
 public:
  // Does step `i`; `so_far` is what is put together before it.
  using Step = std::function<Deferred<std::string>(size_t i, const std::string& so_far)>;

  static Deferred<std::string> run(size_t count, Step step) {
    auto steps = std::make_shared<Steps>(count, std::move(step));
    if (steps->go_on()) return std::move(steps->answers_);
    return steps->promise_.deferred();
  }

  Steps(size_t count, Step step) : count_(count), step_(std::move(step)) {}

 private:
  // Returns whether all are done.
  bool go_on() {
    while (next_ < count_) {
      Deferred<std::string> answer = step_(next_++, answers_);
      if (!answer.ready()) {
        answer.then([self = shared_from_this()](const std::string& late) {
          self->add(late);
          if (self->go_on()) self->promise_.keep(self->answers_);
        });
        return false;
      }
      add(answer.value());
    }
    return true;
  }

  void add(const std::string& answer) {
    if (!answers_.empty()) answers_ += ',';
    answers_ += answer;
  }

  size_t count_;
  Step step_;
  size_t next_ = 0;
  std::string answers_;
  Promise<std::string> promise_;
};

}  // namespace

// What became of a request: a result, or an error.
struct ServerApi::Result {
  std::string json = "{}";
  std::optional<ClientError> error{};
  std::string detail{};

  static Result bad(std::string detail) { return {"", ClientError::kBadRequest, std::move(detail)}; }
  static Result refused(Status why) {
    if (why == Status::kTooManyRooms) return {"", ClientError::kLimitExceeded, std::string(describe(why).text)};
    if (why == Status::kNotPermitted) return {"", ClientError::kPermissionDenied, {}};
    return {"", ClientError::kInternal, std::string(describe(why).text)};
  }
  static Result of(const RoomAnswer& answer) {
    return {std::string(answer.text()), answer.error, std::string(answer.detail)};
  }

  // {"NAME":RESULT} or {"error":ERROR}
  std::string wrapped(std::string_view name) const {
    std::string wrapped = "{\"";
    wrapped.append(error ? "error" : name).append("\":");
    return wrapped.append(error ? error_object(*error, detail) : json).append("}");
  }
};

struct ServerApi::Publication {
  std::string data;
  std::string tags;
  std::string key;
  bool skip_history = false;
};

struct ServerApi::Method {
  std::string_view name;
  Deferred<Result> (ServerApi::*call)(Request&, Time);
};

const ServerApi::Method* ServerApi::method_called(std::string_view name) {
  static constexpr std::array<Method, 11> kMethods = {{
      {"publish", &ServerApi::publish},
      {"broadcast", &ServerApi::broadcast},
      {"presence", &ServerApi::presence},
      {"presence_stats", &ServerApi::presence_stats},
      {"history", &ServerApi::history},
      {"history_remove", &ServerApi::history_remove},
      {"channels", &ServerApi::channels},
      {"info", &ServerApi::info},
      {"unsubscribe", &ServerApi::unsubscribe},
      {"disconnect", &ServerApi::disconnect},
      {"batch", &ServerApi::batch},
  }};
  const auto* found =
      std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& method) { return method.name == name; });
  return found == kMethods.end() ? nullptr : found;
}

bool ServerApi::has(std::string_view method) { return method_called(method) != nullptr; }

uint64_t ServerApi::max_request(const Options& options) {
  return std::max<uint64_t>(uint64_t{1024} * 1024, 2 * options.max_message);
}

Deferred<ServerApi::Answer> ServerApi::call(std::string_view method, std::string_view body, Time now, int64_t unix_ms) {
  unix_ms_ = unix_ms;
  auto answer = [](const Result& result) {
    return Answer{result.error == ClientError::kBadRequest ? 400u : 200u, result.wrapped("result") + "\n"};
  };
  std::vector<JsonMember> members;
  std::string problem = read_body(body, members);
  if (!problem.empty()) return answer(Result::bad(std::move(problem)));
  Request request(std::move(members));
  return (this->*method_called(method)->call)(request, now).map(answer);
}

// Reads what publish and broadcast have in common. Returns what is wrong with it, or an empty text.
std::string ServerApi::read_publication(Request& request, Publication& publication) const {
  request.allow_only({"channel", "channels", "data", "b64data", "skip_history", "tags", "idempotency_key", "delta",
                      "version", "version_epoch"});
  request.refuse({"b64data", "delta", "version", "version_epoch"});
  publication.skip_history = request.flag("skip_history");
  publication.key = request.text("idempotency_key");
  if (!request.problem().empty()) return request.problem();
  if (publication.key.size() > Idempotency::kLongest)
    return "idempotency_key is longer than " + std::to_string(Idempotency::kLongest) + " bytes";
  std::string_view data = request.json("data");
  if (data.empty()) return "data is missing";
  if (data.size() > options_.max_message)
    return "data is larger than max-message, " + std::to_string(options_.max_message) + " bytes";
  std::string_view tags = request.json("tags");
  JsonValue value;
  if (!tags.empty() && tags != "null" && tags != "{}") {
    if (!read_json(tags, value) || !are_tags(value)) return "tags are no object of texts";
    if (tags.size() > kMaxTags) return "tags are larger than " + std::to_string(kMaxTags) + " bytes";
    publication.tags = on_one_line(tags);
  }
  publication.data = on_one_line(data);
  return {};
}

Deferred<ServerApi::Result> ServerApi::publish_to(std::string_view name, const Publication& publication, Time now) {
  if (name.empty()) return Result::bad("channel is missing or empty");
  if (!is_room_name(name)) return Result::bad("channel is no room name, expected " + std::string(kRoomNames));
  if (!publication.key.empty())
    if (const std::string* before = idempotency_.find(name, publication.key, now)) return Result{*before};
  Message message{publication.data, Format::kJson, {}, publication.tags, publication.skip_history, unix_ms_};
  auto answer = [&idempotency = idempotency_, room = std::string(name), key = publication.key](const Published& done) {
    if (done.status != Status::kOk) return Result::refused(done.status);
    Result result;
    if (!done.position.epoch.empty())
      result.json =
          "{\"offset\":" + std::to_string(done.position.offset) + ",\"epoch\":\"" + done.position.epoch + "\"}";
    if (!key.empty()) idempotency.add(room, key, result.json, done.at);
    return result;
  };
  return hub_.publish({}, {name, message}, now).map(answer);
}

Deferred<ServerApi::Result> ServerApi::publish(Request& request, Time now) {
  Publication publication;
  std::string channel = request.text("channel");
  std::string problem = read_publication(request, publication);
  if (!problem.empty()) return Result::bad(std::move(problem));
  return publish_to(channel, publication, now);
}

Deferred<ServerApi::Result> ServerApi::broadcast(Request& request, Time now) {
  Publication publication;
  std::vector<std::string> channels = request.texts("channels");
  std::string problem = read_publication(request, publication);
  if (problem.empty() && channels.empty()) problem = "channels is missing or empty";
  if (channels.size() > kMaxParts) problem = "a broadcast may have " + std::to_string(kMaxParts) + " channels";
  if (!problem.empty()) return Result::bad(std::move(problem));
  auto kept = std::make_shared<const Publication>(std::move(publication));
  auto step = [api = *this, kept, channels, now](size_t i, const std::string&) mutable {
    return api.publish_to(channels[i], *kept, now).map([](const Result& result) { return result.wrapped("result"); });
  };
  return Steps::run(channels.size(), step).map([](const std::string& responses) {
    return Result{"{\"responses\":[" + responses + "]}"};
  });
}

Deferred<ServerApi::Result> ServerApi::presence(Request& request, Time now) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad(request.problem());
  if (Room* room = hub_.find(channel)) return Result::of(query_presence(hub_, *room, now));
  if (!hub_.settings_of(channel).presence) return Result::of(no_presence());
  return Result{"{\"presence\":{}}"};
}

Deferred<ServerApi::Result> ServerApi::presence_stats(Request& request, Time now) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad(request.problem());
  if (Room* room = hub_.find(channel)) return Result::of(query_presence_stats(hub_, *room, now));
  if (!hub_.settings_of(channel).presence) return Result::of(no_presence());
  return Result{"{\"num_clients\":0,\"num_users\":0}"};
}

Deferred<ServerApi::Result> ServerApi::history(Request& request, Time now) {
  std::string channel = room_of(request, {"channel", "limit", "since", "reverse"});
  std::string problem;
  HistoryRange range = read_history_range(request, problem);
  if (!problem.empty()) return Result::bad(std::move(problem));
  if (Room* room = hub_.find(channel)) return Result::of(query_history(hub_, *room, range, false, now));
  if (hub_.settings_of(channel).history.messages == 0) return Result::of(no_history());
  if (range.since && !(range.offset == 0 && range.epoch.empty()))
    return Result{"", ClientError::kUnrecoverablePosition};
  return Result{"{\"publications\":[],\"epoch\":\"\",\"offset\":0}"};
}

Deferred<ServerApi::Result> ServerApi::history_remove(Request& request, Time) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad(request.problem());
  if (hub_.settings_of(channel).history.messages == 0) return Result::of(no_history());
  if (Room* room = hub_.find(channel)) hub_.forget_history(*room);
  return Result{};
}

// The rooms that somebody is in.
Deferred<ServerApi::Result> ServerApi::channels(Request& request, Time) {
  request.allow_only({"pattern"});
  std::string pattern = request.text("pattern");
  if (!request.problem().empty()) return Result::bad(request.problem());
  std::string list;
  bool whole = true;
  hub_.rooms().each([&](const Room& room) {
    if (room.members().empty() || !whole) return;
    if (!pattern.empty() && fnmatch(pattern.c_str(), room.name().c_str(), 0) != 0) return;
    if (!list.empty()) list += ',';
    append_quoted(list, room.name());
    list.append(":{\"num_clients\":").append(std::to_string(room.members().size())).append("}");
    whole = list.size() <= kMaxList;
  });
  if (!whole) return Result{"", ClientError::kLimitExceeded, "too many rooms for one answer, ask with a pattern"};
  return Result{"{\"channels\":{" + list + "}}"};
}

Deferred<ServerApi::Result> ServerApi::info(Request& request, Time now) {
  request.allow_only({});
  if (!request.problem().empty()) return Result::bad(request.problem());
  uint64_t clients = 0;
  uint64_t subscriptions = 0;
  for (const Counters::ByDialect& dialect : hub_.counters().dialects) {
    clients += dialect.connections;
    subscriptions += dialect.subscriptions;
  }
  std::string json = "{\"nodes\":[{\"uid\":";
  append_quoted(json, node_.uid);
  json += ",\"name\":";
  append_quoted(json, node_.name);
  json += ",\"version\":\"lws-chat " LWS_CHAT_VERSION "\",\"num_clients\":" + std::to_string(clients);
  json += ",\"num_users\":" + std::to_string(sessions_.users()) + ",\"num_subs\":" + std::to_string(subscriptions);
  json += ",\"num_channels\":" + std::to_string(hub_.rooms().occupied());
  return Result{json + ",\"uptime\":" + std::to_string((now - node_.started) / 1'000'000) + "}]}"};
}

// The clients of the structured dialect who are meant. A client's id alone is enough.
std::vector<Session*> ServerApi::sessions_of(const Who& who) {
  if (who.client.empty() && who.session.empty()) return sessions_.of_user(who.user);
  Session* one = who.client.empty() ? sessions_.of_key(Session::key_of(who.session)) : sessions_.of_client(who.client);
  if (!one || !one->is(who.user, who.client, who.session)) return {};
  return {one};
}

ServerApi::Who ServerApi::read_who(Request& request, std::string& problem) {
  request.refuse({"label_filter", "all_users"});
  Who who{request.text("user"), request.text("client"), request.text("session")};
  problem = request.problem();
  if (problem.empty() && who.user.empty() && who.client.empty() && who.session.empty())
    problem = "user, client or session has to say who is meant";
  return who;
}

Deferred<ServerApi::Result> ServerApi::unsubscribe(Request& request, Time now) {
  request.allow_only({"channel", "user", "client", "session", "label_filter", "all_users"});
  std::string channel = request.text("channel");
  std::string problem;
  Who who = read_who(request, problem);
  if (!problem.empty()) return Result::bad(std::move(problem));
  for (Session* session : sessions_of(who)) session->dismiss(channel, now);
  // It has one room only, and ends with it.
  Client* reader = who.client.empty() ? nullptr : hub_.presence().introduced(who.client);
  if (reader && (channel.empty() || reader->room()->name() == channel)) hub_.dismiss(*reader, {Status::kForced}, now);
  return Result{};
}

Deferred<ServerApi::Result> ServerApi::disconnect(Request& request, Time now) {
  request.allow_only({"user", "client", "session", "disconnect", "whitelist", "label_filter", "all_users"});
  std::vector<std::string> whitelist = request.texts("whitelist");
  std::unordered_set<std::string> spared(whitelist.begin(), whitelist.end());
  bool given = false;
  Request how = request.object("disconnect", given);
  how.allow_only({"code", "reason"});
  int64_t code = how.signed_number("code", 0, kMaxCode);
  Ending ending{Status::kForced, 0, how.text("reason"), static_cast<uint16_t>(code)};
  std::string problem;
  Who who = read_who(request, problem);
  if (problem.empty()) problem = how.problem();
  if (problem.empty() && given && code < kMinCode) problem = "code of disconnect is to be 3000 to 4999";
  if (problem.empty() && ending.detail.size() > kMaxReason)
    problem = "reason of disconnect is longer than " + std::to_string(kMaxReason) + " bytes";
  if (!problem.empty()) return Result::bad(std::move(problem));
  auto is_spared = [&](const std::string& client) { return spared.count(client) > 0; };
  for (Session* session : sessions_of(who))
    if (session->identity() && !is_spared(session->identity()->client)) session->end(ending, now);
  Client* reader = who.client.empty() || is_spared(who.client) ? nullptr : hub_.presence().introduced(who.client);
  if (reader) hub_.dismiss(*reader, ending, now);
  return Result{};
}

// {"commands":[{METHOD:REQUEST},...]}: one after the other, also where they are allowed to be done in parallel.
Deferred<ServerApi::Result> ServerApi::batch(Request& request, Time now) {
  request.allow_only({"commands", "parallel"});
  (void)request.flag("parallel");
  (void)request.array("commands");
  if (!request.problem().empty()) return Result::bad(request.problem());
  // Some may be done when the request is no longer there.
  struct Commands {
    std::string text;
    std::vector<JsonValue> list;
  };
  auto commands = std::make_shared<Commands>();
  commands->text = request.json("commands");
  JsonValue array;
  if (read_json(commands->text, array)) commands->list = elements_of(array);
  size_t count = commands->list.size();
  if (count > kMaxParts) return Result::bad("a batch may have " + std::to_string(kMaxParts) + " commands");
  auto step = [api = *this, commands, now](size_t i, const std::string& so_far) mutable -> Deferred<std::string> {
    // A command whose answer has no place is not done.
    if (so_far.size() > kMaxList)
      return Result{"", ClientError::kLimitExceeded, "the answers are too long for one batch"}.wrapped("");
    return api.command_of_batch(commands->list[i], now);
  };
  return Steps::run(count, step).map([](const std::string& replies) {
    return Result{"{\"replies\":[" + replies + "]}"};
  });
}

Deferred<std::string> ServerApi::command_of_batch(const JsonValue& command, Time now) {
  if (command.kind != JsonKind::kObject) return Result::bad("a command is no object").wrapped("");
  std::vector<JsonMember> members = members_of(command);
  if (members.size() != 1) return Result::bad("a command has to have one method").wrapped("");
  const JsonMember& member = members.front();
  const Method* method = method_called(member.name);
  if (!method || method->call == &ServerApi::batch)
    return Result{"", ClientError::kMethodNotFound, member.name.substr(0, 50)}.wrapped("");
  if (member.value.kind != JsonKind::kObject) return Result::bad(member.name + " is no object").wrapped("");
  Request request(members_of(member.value));
  return (this->*method->call)(request, now).map([name = member.name](const Result& result) {
    return result.wrapped(name);
  });
}

}  // namespace lws_chat
