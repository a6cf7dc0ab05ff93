#include "redis/orders.h"

#include <algorithm>
#include <utility>

#include "core/utf8.h"
#include "wire/base64.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

// Before the methods that Centrifugo has no command for.
constexpr std::string_view kOurs = "lws-chat.";

// What Centrifugo says if the back end gives no code.
constexpr uint32_t kDisconnectCode = 3503;
constexpr std::string_view kDisconnectReason = "force disconnect";
constexpr uint32_t kUnsubscribeCode = 2000;
constexpr std::string_view kUnsubscribeReason = "server unsubscribe";

// Codes from this one on tell a client not to come back.
constexpr uint32_t kFinalCodes = 3500;

// Writes the fields of a JSON object.
class ObjectWriter {
 public:
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    begin(name);
    append_quoted(json_, value);
  }
  void raw(std::string_view name, std::string_view value) {
    begin(name);
    json_ += value;
  }
  void number(std::string_view name, int64_t value) {
    if (value != 0) raw(name, std::to_string(value));
  }
  void flag(std::string_view name, bool value) {
    if (value) raw(name, "true");
  }
  std::string done() const { return "{" + json_ + "}"; }

 private:
  void begin(std::string_view name) {
    if (!json_.empty()) json_ += ',';
    append_quoted(json_, name);
    json_ += ':';
  }
  std::string json_;
};

void write_target(ObjectWriter& object, const ControlTarget& target) {
  object.text("user", target.user);
  object.text("client", target.client);
  object.text("session", target.session);
  object.flag("all_users", target.all_users);
}

bool all_utf8(std::initializer_list<std::string_view> texts) {
  return std::all_of(texts.begin(), texts.end(), [](std::string_view text) { return is_utf8(text); });
}

bool readable(const ControlTarget& target) {
  return !target.has_labels && all_utf8({target.user, target.client, target.session});
}

std::optional<Order> order_of(const DisconnectCommand& command) {
  if (!readable(command.target) || !is_utf8(command.reason)) return {};
  ObjectWriter object;
  write_target(object, command.target);
  std::string whitelist;
  for (std::string_view client : command.whitelist) {
    if (!is_utf8(client)) return {};
    if (!whitelist.empty()) whitelist += ',';
    append_quoted(whitelist, client);
  }
  if (!whitelist.empty()) object.raw("whitelist", "[" + whitelist + "]");
  ObjectWriter how;
  how.number("code", command.code);
  how.text("reason", command.reason);
  if (command.code != 0) object.raw("disconnect", how.done());
  return Order{"disconnect", object.done()};
}

std::optional<Order> order_of(const UnsubscribeCommand& command) {
  if (!readable(command.target) || !is_utf8(command.channel)) return {};
  ObjectWriter object;
  write_target(object, command.target);
  object.text("channel", command.channel);
  return Order{"unsubscribe", object.done()};
}

std::optional<Order> order_of(const SubscribeCommand& command) {
  if (!readable(command.target) || !is_utf8(command.channel)) return {};
  ObjectWriter object;
  write_target(object, command.target);
  object.text("channel", command.channel);
  object.text("b64info", base64(command.channel_info));
  object.text("b64data", base64(command.data));
  object.number("expire_at", command.expire_at);
  if (command.recover_since) {
    if (!is_utf8(command.recover_since->epoch)) return {};
    ObjectWriter since;
    since.raw("offset", std::to_string(command.recover_since->offset));
    since.text("epoch", command.recover_since->epoch);
    object.raw("recover_since", since.done());
  }
  return Order{"subscribe", object.done()};
}

std::optional<Order> order_of(const RefreshCommand& command) {
  if (!readable(command.target)) return {};
  ObjectWriter object;
  write_target(object, command.target);
  object.flag("expired", command.expired);
  object.number("expire_at", command.expire_at);
  return Order{"refresh", object.done()};
}

std::optional<Order> order_of(const Notification& notification) {
  if (notification.op.compare(0, kOurs.size(), kOurs) != 0 || !is_utf8(notification.data)) return {};
  return Order{std::string(notification.op.substr(kOurs.size())), std::string(notification.data)};
}

template <typename Other>
std::optional<Order> order_of(const Other&) {
  return {};
}

}  // namespace

// Reads the fields of a request, and keeps their texts.
class OrderReader {
 public:
  OrderReader(OrderBody& into, std::vector<JsonMember> members) : into_(into), members_(std::move(members)) {}

  std::string_view text(std::string_view name) const {
    const JsonValue* value = find(name);
    return value && value->kind == JsonKind::kString ? into_.keep(unquoted(*value)) : std::string_view();
  }
  // A field that is JSON or, with b64 before its name, any bytes.
  std::string_view bytes(std::string_view name) const {
    std::string encoded(text(std::string("b64").append(name)));
    if (!encoded.empty()) return into_.keep(decode_base64(encoded).value_or(std::string()));
    const JsonValue* value = find(name);
    return value && value->kind != JsonKind::kNull ? into_.keep(std::string(value->text)) : std::string_view();
  }
  int64_t number(std::string_view name) const {
    int64_t number = 0;
    const JsonValue* value = find(name);
    return value && read_number(*value, INT64_MIN, INT64_MAX, number) ? number : 0;
  }
  bool flag(std::string_view name) const {
    const JsonValue* value = find(name);
    return value && value->is_true();
  }
  std::vector<std::string_view> texts(std::string_view name) const {
    std::vector<std::string_view> all;
    const JsonValue* value = find(name);
    if (!value || value->kind != JsonKind::kArray) return all;
    for (const JsonValue& element : elements_of(*value))
      if (element.kind == JsonKind::kString) all.push_back(into_.keep(unquoted(element)));
    return all;
  }
  std::optional<OrderReader> object(std::string_view name) const {
    const JsonValue* value = find(name);
    if (!value || value->kind != JsonKind::kObject) return {};
    return OrderReader(into_, members_of(*value));
  }
  ControlTarget target() const { return {text("user"), text("client"), text("session"), flag("all_users"), false}; }

 private:
  const JsonValue* find(std::string_view name) const {
    auto found =
        std::find_if(members_.begin(), members_.end(), [&](const JsonMember& one) { return one.name == name; });
    return found == members_.end() ? nullptr : &found->value;
  }

  OrderBody& into_;
  std::vector<JsonMember> members_;
};

namespace {

DisconnectCommand disconnect_of(const OrderReader& request) {
  DisconnectCommand command{request.target(), request.texts("whitelist"), kDisconnectCode, kDisconnectReason};
  if (std::optional<OrderReader> how = request.object("disconnect")) {
    command.code = static_cast<uint32_t>(how->number("code"));
    command.reason = how->text("reason");
  }
  command.reconnect = command.code < kFinalCodes;
  return command;
}

// In Centrifugo's nodes such a subscription has what their channel options allow.
SubscribeCommand subscribe_of(const OrderReader& request) {
  SubscribeCommand command{request.target(), request.text("channel")};
  command.emit_presence = command.emit_join_leave = command.position = command.recover = true;
  command.expire_at = request.number("expire_at");
  if (std::optional<OrderReader> since = request.object("recover_since"))
    command.recover_since = StreamPosition{static_cast<uint64_t>(since->number("offset")), since->text("epoch")};
  command.channel_info = request.bytes("info");
  command.data = request.bytes("data");
  return command;
}

}  // namespace

std::optional<OrderBody> OrderBody::of(std::string_view method, std::string_view request) {
  std::vector<JsonMember> members;
  std::string_view rest = request;
  if (!take_object(rest, members)) return {};
  std::optional<OrderBody> made(std::in_place);
  OrderReader reader(*made, std::move(members));
  if (method == "disconnect")
    made->body_ = disconnect_of(reader);
  else if (method == "unsubscribe")
    made->body_ = UnsubscribeCommand{reader.target(), reader.text("channel"), kUnsubscribeCode, kUnsubscribeReason};
  else if (method == "subscribe")
    made->body_ = subscribe_of(reader);
  else if (method == "refresh")
    made->body_ = RefreshCommand{reader.target(), reader.flag("expired"), reader.number("expire_at")};
  else
    made->body_ = Notification{made->keep(std::string(kOurs).append(method)), made->keep(std::string(request))};
  return made;
}

std::optional<Order> read_order(const ControlCommand& command) {
  return std::visit([](const auto& body) { return order_of(body); }, command.body);
}

}  // namespace lws_chat
