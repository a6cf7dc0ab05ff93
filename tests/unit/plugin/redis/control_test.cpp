#include "redis/control.h"

#include "redis/survey.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string bytes_of(const ControlCommand& command) {
  std::string bytes;
  append_control(bytes, command);
  return bytes;
}

// What the bytes say, for as long as they are there.
template <typename Body>
const Body& body_of(const ControlCommand& command) {
  const Body* body = std::get_if<Body>(&command.body);
  if (!body) throw std::runtime_error("another kind of command");
  return *body;
}

ControlTarget somebody() {
  ControlTarget target;
  target.user = "u";
  target.client = "c";
  target.session = "s";
  target.all_users = true;
  return target;
}

void check_same(const ControlTarget& a, const ControlTarget& b) {
  CHECK_EQ(a.user, b.user);
  CHECK_EQ(a.client, b.client);
  CHECK_EQ(a.session, b.session);
  CHECK_EQ(a.all_users, b.all_users);
  CHECK(!a.has_labels);
}

}  // namespace

TEST(a_node_comes_back) {
  NodeAnnouncement node;
  node.uid = "n";
  node.name = "host_8000";
  node.version = "6.9.1";
  node.clients = 1;
  node.users = 2;
  node.channels = 3;
  node.uptime = 4;
  node.subscriptions = 5;
  node.data = "{}";
  node.metrics = NodeMetrics{60, {{"a.b", 1.5}, {"c", -2}}};
  std::string bytes = bytes_of({"n", node});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  CHECK_EQ(command.from, "n");
  const auto& back = body_of<NodeAnnouncement>(command);
  CHECK_EQ(back.uid, "n");
  CHECK_EQ(back.name, "host_8000");
  CHECK_EQ(back.version, "6.9.1");
  CHECK_EQ(back.clients, 1u);
  CHECK_EQ(back.users, 2u);
  CHECK_EQ(back.channels, 3u);
  CHECK_EQ(back.uptime, 4u);
  CHECK_EQ(back.subscriptions, 5u);
  CHECK_EQ(back.data, "{}");
  CHECK_EQ(back.metrics->interval, 60);
  CHECK_EQ(back.metrics->items.size(), 2u);
  CHECK_EQ(back.metrics->items[1].name, "c");
  CHECK_EQ(back.metrics->items[1].value, -2);
}

TEST(a_node_without_metrics_says_nothing_about_them) {
  std::string bytes = bytes_of({"n", NodeAnnouncement{"n"}});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  CHECK(!body_of<NodeAnnouncement>(command).metrics);
}

TEST(a_shutdown_comes_back) {
  std::string bytes = bytes_of({"n", NodeShutdown{}});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  body_of<NodeShutdown>(command);
}

TEST(an_unsubscribe_comes_back) {
  std::string bytes = bytes_of({"n", UnsubscribeCommand{somebody(), "ch", 2000, "reason"}});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  const auto& back = body_of<UnsubscribeCommand>(command);
  check_same(back.target, somebody());
  CHECK_EQ(back.channel, "ch");
  CHECK_EQ(back.code, 2000u);
  CHECK_EQ(back.reason, "reason");
}

TEST(a_disconnect_comes_back) {
  std::string bytes = bytes_of({"n", DisconnectCommand{somebody(), {"a", "", "b"}, 3500, "reason", true}});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  const auto& back = body_of<DisconnectCommand>(command);
  check_same(back.target, somebody());
  CHECK_EQ(back.whitelist.size(), 3u);
  CHECK_EQ(back.whitelist[2], "b");
  CHECK_EQ(back.code, 3500u);
  CHECK_EQ(back.reason, "reason");
  CHECK(back.reconnect);
}

TEST(a_subscribe_comes_back) {
  SubscribeCommand subscribe;
  subscribe.target = somebody();
  subscribe.channel = "ch";
  subscribe.emit_presence = subscribe.emit_join_leave = subscribe.push_join_leave = true;
  subscribe.position = subscribe.recover = true;
  subscribe.expire_at = -1;
  subscribe.recover_since = StreamPosition{18446744073709551615u, "epoch"};
  subscribe.channel_info = "{\"a\":1}";
  subscribe.data = "[]";
  subscribe.source = 9;
  std::string bytes = bytes_of({"n", subscribe});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  const auto& back = body_of<SubscribeCommand>(command);
  check_same(back.target, somebody());
  CHECK_EQ(back.channel, "ch");
  CHECK(back.emit_presence && back.emit_join_leave && back.push_join_leave && back.position && back.recover);
  CHECK_EQ(back.expire_at, -1);
  CHECK_EQ(back.recover_since->offset, 18446744073709551615u);
  CHECK_EQ(back.recover_since->epoch, "epoch");
  CHECK_EQ(back.channel_info, "{\"a\":1}");
  CHECK_EQ(back.data, "[]");
  CHECK_EQ(back.source, 9u);
}

TEST(a_refresh_comes_back) {
  std::string bytes = bytes_of({"n", RefreshCommand{somebody(), true, 1'900'000'000, "info"}});
  ControlCommand command;
  CHECK(read_control(bytes, command));
  const auto& back = body_of<RefreshCommand>(command);
  check_same(back.target, somebody());
  CHECK(back.expired);
  CHECK_EQ(back.expire_at, 1'900'000'000);
  CHECK_EQ(back.info, "info");
}

TEST(surveys_and_notifications_come_back) {
  ControlCommand command;
  std::string bytes = bytes_of({"n", SurveyRequest{7, "op", "data"}});
  CHECK(read_control(bytes, command));
  CHECK_EQ(body_of<SurveyRequest>(command).id, 7u);
  CHECK_EQ(body_of<SurveyRequest>(command).op, "op");
  CHECK_EQ(body_of<SurveyRequest>(command).data, "data");
  bytes = bytes_of({"n", SurveyResponse{8, 2, "data"}});
  CHECK(read_control(bytes, command));
  CHECK_EQ(body_of<SurveyResponse>(command).id, 8u);
  CHECK_EQ(body_of<SurveyResponse>(command).code, 2u);
  CHECK_EQ(body_of<SurveyResponse>(command).data, "data");
  bytes = bytes_of({"n", Notification{"op", "data"}});
  CHECK(read_control(bytes, command));
  CHECK_EQ(body_of<Notification>(command).op, "op");
  CHECK_EQ(body_of<Notification>(command).data, "data");
}

// Field 8 of a Disconnect is a filter of labels.
TEST(a_command_for_connections_with_labels_is_known_as_one) {
  ControlCommand command;
  std::string bytes = std::string("\x0a\x01n\x32\x08\x42\x06\x12\x01k\x22\x01v");
  CHECK(read_control(bytes, command));
  CHECK(body_of<DisconnectCommand>(command).target.has_labels);
  CHECK(!body_of<DisconnectCommand>(command).reconnect);
}

TEST(commands_of_a_later_version_are_passed_over) {
  ControlCommand command;
  std::string bytes = bytes_of({"n", {}}) + "\x7a\x02xx";
  CHECK(read_control(bytes, command));
  CHECK(std::holds_alternative<std::monostate>(command.body));
  bytes = bytes_of({"n", Notification{"op"}}) + "\x7a\x02xx\x80\x01\x05";
  CHECK(read_control(bytes, command));
  CHECK_EQ(body_of<Notification>(command).op, "op");
}

TEST(malformed_commands_are_refused) {
  ControlCommand command;
  std::string whole = bytes_of({"n", SurveyRequest{7, "op", "data"}});
  for (size_t size = 1; size < whole.size(); ++size) CHECK(!read_control(whole.substr(0, size), command) || size == 3);
  for (const std::string& bytes : {bytes_of({"\xff", {}}), bytes_of({"n", Notification{"\xff"}}), std::string("\xff"),
                                   std::string("\0\0", 2), std::string("\x22\x02\x0a\x05")})
    CHECK(!read_control(bytes, command));
}

TEST(data_of_surveys_comes_back) {
  std::string bytes;
  append_survey(bytes, ChannelsAnswer{{{"a", {3}}, {"b", {0}}, {"", {1}}}});
  ChannelsAnswer answer;
  CHECK(read_survey(bytes, answer));
  CHECK_EQ(answer.channels.size(), 3u);
  CHECK_EQ(answer.channels[0].name, "a");
  CHECK_EQ(answer.channels[0].clients.number, 3u);
  CHECK_EQ(answer.channels[1].clients.number, 0u);
  bytes.clear();
  append_survey(bytes, ChannelsQuestion{"chat:*"});
  ChannelsQuestion question;
  CHECK(read_survey(bytes, question));
  CHECK_EQ(question.pattern, "chat:*");
  bytes.clear();
  append_survey(bytes, EmulationQuestion{"n", "s", "\"data\""});
  EmulationQuestion emulation;
  CHECK(read_survey(bytes, emulation));
  CHECK_EQ(emulation.node, "n");
  CHECK_EQ(emulation.session, "s");
  CHECK_EQ(emulation.data, "\"data\"");
  CHECK(!read_survey("\x0a\x05", answer));
  CHECK(!read_survey("\x0a\x01\xff", question));
}
