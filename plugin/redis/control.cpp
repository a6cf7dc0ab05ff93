#include "redis/control.h"

#include "redis/proto_fields.h"

namespace lws_chat {
namespace {

// Numbers of the fields that say for which connections a command is.
struct TargetNumbers {
  uint32_t user;
  uint32_t client;
  uint32_t session;
  uint32_t labels;
  uint32_t all_users;
};

template <typename Fields>
void visit_target(Fields& fields, ControlTarget& target, const TargetNumbers& numbers) {
  fields.text(numbers.user, target.user);
  fields.text(numbers.client, target.client);
  fields.text(numbers.session, target.session);
  fields.presence(numbers.labels, target.has_labels);
  fields.flag(numbers.all_users, target.all_users);
}

}  // namespace

// An entry of a map.
template <typename Fields>
static void visit(Fields& fields, NodeMetric& metric) {
  fields.text(1, metric.name);
  fields.number(2, metric.value);
}

template <typename Fields>
static void visit(Fields& fields, NodeMetrics& metrics) {
  fields.number(1, metrics.interval);
  fields.messages(2, metrics.items);
}

template <typename Fields>
static void visit(Fields& fields, NodeAnnouncement& node) {
  fields.text(1, node.uid);
  fields.text(2, node.name);
  fields.text(3, node.version);
  fields.number(4, node.clients);
  fields.number(5, node.users);
  fields.number(6, node.channels);
  fields.number(7, node.uptime);
  fields.optional(8, node.metrics);
  fields.bytes(9, node.data);
  fields.number(10, node.subscriptions);
  fields.bytes(1001, node.servers);
}

template <typename Fields>
static void visit(Fields&, NodeShutdown&) {}

template <typename Fields>
static void visit(Fields& fields, UnsubscribeCommand& command) {
  fields.text(1, command.channel);
  visit_target(fields, command.target, {2, 3, 4, 7, 8});
  fields.number(5, command.code);
  fields.text(6, command.reason);
}

template <typename Fields>
static void visit(Fields& fields, DisconnectCommand& command) {
  visit_target(fields, command.target, {1, 6, 7, 8, 9});
  fields.texts(2, command.whitelist);
  fields.number(3, command.code);
  fields.text(4, command.reason);
  fields.flag(5, command.reconnect);
}

template <typename Fields>
static void visit(Fields& fields, StreamPosition& position) {
  fields.number(1, position.offset);
  fields.text(2, position.epoch);
}

template <typename Fields>
static void visit(Fields& fields, SubscribeCommand& command) {
  visit_target(fields, command.target, {1, 9, 12, 15, 16});
  fields.text(2, command.channel);
  fields.flag(3, command.emit_presence);
  fields.flag(4, command.emit_join_leave);
  fields.number(5, command.expire_at);
  fields.flag(6, command.position);
  fields.flag(7, command.recover);
  fields.bytes(8, command.channel_info);
  fields.bytes(10, command.data);
  fields.optional(11, command.recover_since);
  fields.flag(13, command.push_join_leave);
  fields.number(14, command.source);
}

template <typename Fields>
static void visit(Fields& fields, RefreshCommand& command) {
  visit_target(fields, command.target, {1, 2, 6, 7, 8});
  fields.flag(3, command.expired);
  fields.number(4, command.expire_at);
  fields.bytes(5, command.info);
}

template <typename Fields>
static void visit(Fields& fields, SurveyRequest& request) {
  fields.number(1, request.id);
  fields.text(2, request.op);
  fields.bytes(3, request.data);
}

template <typename Fields>
static void visit(Fields& fields, SurveyResponse& response) {
  fields.number(1, response.id);
  fields.number(2, response.code);
  fields.bytes(3, response.data);
}

template <typename Fields>
static void visit(Fields& fields, Notification& notification) {
  fields.text(1, notification.op);
  fields.bytes(2, notification.data);
}

template <typename Fields>
static void visit(Fields& fields, ControlCommand& command) {
  fields.text(1, command.from);
  fields.template one_of<NodeAnnouncement>(4, command.body);
  fields.template one_of<UnsubscribeCommand>(5, command.body);
  fields.template one_of<DisconnectCommand>(6, command.body);
  fields.template one_of<NodeShutdown>(7, command.body);
  fields.template one_of<SurveyRequest>(8, command.body);
  fields.template one_of<SurveyResponse>(9, command.body);
  fields.template one_of<SubscribeCommand>(10, command.body);
  fields.template one_of<Notification>(11, command.body);
  fields.template one_of<RefreshCommand>(12, command.body);
}

void append_control(std::string& bytes, const ControlCommand& command) { append_proto(bytes, command); }

bool read_control(std::string_view bytes, ControlCommand& command) {
  command = {};
  return read_proto(bytes, command);
}

}  // namespace lws_chat
