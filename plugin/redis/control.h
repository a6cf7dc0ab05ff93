#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What nodes tell each other, as in Centrifugo 6.9: the protobuf message Command of github.com/centrifugal/centrifuge,
// internal/controlpb/control.proto, in the channels RedisKeys::control() and RedisKeys::node(). Views of what was read
// are into its bytes.
namespace lws_chat {

struct NodeMetric {
  std::string_view name{};
  double value = 0;
};

struct NodeMetrics {
  double interval = 0;  // seconds
  std::vector<NodeMetric> items{};
};

// Each node says this every 3 s, and at once, to that node alone, when it hears of a node for the first time. A node
// that was silent for 7 s is gone.
struct NodeAnnouncement {
  std::string_view uid;
  std::string_view name{};
  std::string_view version{};
  uint32_t clients = 0;
  uint32_t users = 0;
  uint32_t channels = 0;
  uint32_t uptime = 0;  // seconds
  uint32_t subscriptions = 0;
  std::optional<NodeMetrics> metrics{};  // missing: those of before hold
  std::string_view data{};
  std::string_view servers{};  // ours: see digest_of(); empty: not known
};

// The node that says this is gone.
struct NodeShutdown {};

// For which connections a command is: those of the user, or those of everybody if `all_users` is set and the user is
// empty; of these only the ones with the client's or session's id, if one is given.
struct ControlTarget {
  std::string_view user{};
  std::string_view client{};
  std::string_view session{};
  bool all_users = false;
  bool has_labels = false;  // read only: for connections with certain labels, which no connection of ours has
};

struct UnsubscribeCommand {
  ControlTarget target{};
  std::string_view channel{};
  uint32_t code = 0;
  std::string_view reason{};
};

struct DisconnectCommand {
  ControlTarget target{};
  std::vector<std::string_view> whitelist{};  // clients that stay
  uint32_t code = 0;
  std::string_view reason{};
  bool reconnect = false;
};

struct StreamPosition {
  uint64_t offset = 0;
  std::string_view epoch{};
};

struct SubscribeCommand {
  ControlTarget target{};
  std::string_view channel{};
  bool emit_presence = false;
  bool emit_join_leave = false;
  bool push_join_leave = false;
  int64_t expire_at = 0;  // Unix seconds; 0: never
  bool position = false;
  bool recover = false;
  std::optional<StreamPosition> recover_since{};
  std::string_view channel_info{};  // JSON
  std::string_view data{};          // JSON
  uint32_t source = 0;
};

struct RefreshCommand {
  ControlTarget target{};
  bool expired = false;
  int64_t expire_at = 0;  // Unix seconds; 0: never
  std::string_view info{};
};

// Whoever gets this answers with the same id to the node that asks, see survey.h. Who asks waits for an answer of each
// node that it knows.
struct SurveyRequest {
  uint64_t id = 0;
  std::string_view op{};
  std::string_view data{};
};

struct SurveyResponse {
  uint64_t id = 0;
  uint32_t code = 0;  // 0: it is answered
  std::string_view data{};
};

struct Notification {
  std::string_view op{};
  std::string_view data{};
};

struct ControlCommand {
  std::string_view from;  // uid of the node that says it
  // monostate: something that this version does not know
  std::variant<std::monostate, NodeAnnouncement, NodeShutdown, UnsubscribeCommand, DisconnectCommand, SubscribeCommand,
               RefreshCommand, SurveyRequest, SurveyResponse, Notification>
      body{};
};

void append_control(std::string& bytes, const ControlCommand& command);

// Reads a command, which may be anything. Returns false if it is malformed.
[[nodiscard]] bool read_control(std::string_view bytes, ControlCommand& command);

}  // namespace lws_chat
