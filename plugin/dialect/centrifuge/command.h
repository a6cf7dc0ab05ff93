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
  kUnknown,  // a name that is none of these
  kNone,     // no name at all: an answer to our ping
};

// One command of Centrifuge's client protocol.
struct Command {
  uint32_t id = 0;  // 0: none given
  Method method = Method::kNone;
  std::string name;     // of the method, as it was sent
  Request request;      // slices of the line that was read
  std::string problem;  // why it cannot be done though it can be answered; empty: it can
};

// Reads one line. Returns false if it is no command at all, nor an answer to a ping.
[[nodiscard]] bool read_command(std::string_view line, Command& command);

}  // namespace lws_chat
