#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dialect/centrifuge/request.h"

namespace lws_chat {

enum class Method : uint8_t {
  kConnect,
  kSubscribe,
  kUnsubscribe,
  kPublish,
  kPresence,
  kPresenceStats,
  kHistory,
  kPing,
  kSend,
  kRpc,
  kRefresh,
  kSubRefresh,
  kUnknown,  // another name
  kNone,     // no name: an answer to a ping
};

// One command of Centrifuge's client protocol.
struct Command {
  uint32_t id = 0;  // 0: none given
  Method method = Method::kNone;
  std::string name;     // the method's name, as it was sent
  Request request;      // slices of the line that was read
  std::string problem;  // the reason for refusing it, if it can be answered; empty: none
};

// Reads one line. Returns false if it is neither a command nor an answer to a ping.
[[nodiscard]] bool read_command(std::string_view line, Command& command);

}  // namespace lws_chat
