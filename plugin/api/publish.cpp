#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/methods.h"
#include "api/steps.h"
#include "core/utf8.h"
#include "wire/base64.h"

namespace lws_chat::api {
namespace {

// The fields that publish and broadcast share.
struct Content {
  std::string data;
  std::string tags;
  std::string key;
  Format format = Format::kJson;
  bool skip_history = false;
  uint64_t version = 0;
  std::string version_epoch;
};

// The longest epoch of versions, in bytes.
constexpr size_t kMaxVersionEpoch = 255;

bool are_tags(const JsonValue& value) {
  if (value.kind != JsonKind::kObject) return false;
  std::vector<JsonMember> members = members_of(value);
  return std::all_of(members.begin(), members.end(),
                     [](const JsonMember& member) { return member.value.kind == JsonKind::kString; });
}

std::string bytes(uint64_t count) { return std::to_string(count) + " bytes"; }

// Returns the request's first fault, or an empty text.
std::string read_content(Request& request, const Options& options, Content& content) {
  request.allow_only({"channel", "channels", "data", "b64data", "skip_history", "tags", "idempotency_key", "delta",
                      "version", "version_epoch"});
  // Clients that have negotiated deltas get them without it, too.
  (void)request.flag("delta");
  content.skip_history = request.flag("skip_history");
  content.version = request.number("version");
  content.version_epoch = request.text("version_epoch");
  std::string in_base64 = request.text("b64data");
  content.key = request.text("idempotency_key");
  if (!request.problem().empty()) return request.problem();
  if (content.key.size() > Idempotency::kLongest)
    return "idempotency_key is longer than " + bytes(Idempotency::kLongest);
  if (content.version_epoch.size() > kMaxVersionEpoch) return "version_epoch is longer than " + bytes(kMaxVersionEpoch);
  std::string_view data = request.json("data");
  std::optional<std::string> decoded;
  if (!in_base64.empty()) {
    decoded = decode_base64(in_base64);
    if (!decoded) return "b64data is not base64";
    data = *decoded;
  }
  if (data.empty()) return "data is missing";
  if (data.size() > options.max_message) return "data is larger than max-message, " + bytes(options.max_message);
  std::string_view tags = request.json("tags");
  JsonValue value;
  if (!tags.empty() && tags != "null" && tags != "{}") {
    if (!read_json(tags, value) || !are_tags(value)) return "tags must be an object of strings";
    if (tags.size() > kMaxTags) return "tags are larger than " + bytes(kMaxTags);
    content.tags = on_one_line(tags);
  }
  if (!decoded || (is_utf8(data) && read_json(data, value))) return content.data = data, std::string();
  if (options.binary == BinaryPolicy::kRefuse) return "b64data is not JSON, and the option binary is refuse";
  content.data = data;
  content.format = Format::kBinary;
  return {};
}

Result result_of(const Published& done) {
  if (done.status != Status::kOk) return Result::refused(done.status);
  Result result;
  const Position& position = done.position;
  if (!position.epoch.empty())
    result.json = "{\"offset\":" + std::to_string(position.offset) + ",\"epoch\":\"" + position.epoch + "\"}";
  return result;
}

Deferred<Result> publish_to(const Context& context, std::string_view room, const Content& content) {
  if (room.empty()) return Result::bad_request("channel is missing or empty");
  if (!is_room_name(room)) return Result::bad_request("channel must be a room name: " + std::string(kRoomNames));
  Message message{content.data,    content.format,       {}, content.tags, content.skip_history, context.unix_ms,
                  content.version, content.version_epoch};
  message.key = content.key;
  auto publish = [&] { return context.hub.publish(kServerGrant, {room, message}, context.now); };
  if (content.key.empty()) return publish().map(result_of);
  return context.idempotency.once(room, content.key, context.now, publish).map(result_of);
}

}  // namespace

Deferred<Result> publish(const Context& context, Request& request) {
  Content content;
  std::string channel = request.text("channel");
  std::string problem = read_content(request, context.options, content);
  if (!problem.empty()) return Result::bad_request(std::move(problem));
  return publish_to(context, channel, content);
}

Deferred<Result> broadcast(const Context& context, Request& request) {
  Content content;
  std::vector<std::string> channels = request.texts("channels");
  std::string problem = read_content(request, context.options, content);
  if (problem.empty() && channels.empty()) problem = "channels is missing or empty";
  if (channels.size() > kMaxParts) problem = "a broadcast may have at most " + std::to_string(kMaxParts) + " channels";
  if (!problem.empty()) return Result::bad_request(std::move(problem));
  auto kept = std::make_shared<const Content>(std::move(content));
  auto step = [context, kept, channels](size_t i, size_t) {
    return publish_to(context, channels[i], *kept).map([](const Result& result) { return result.wrapped("result"); });
  };
  return run_steps({channels.size(), step, [](size_t) { return true; }}).map([](const std::string& responses) {
    return Result{"{\"responses\":[" + responses + "]}"};
  });
}

}  // namespace lws_chat::api
