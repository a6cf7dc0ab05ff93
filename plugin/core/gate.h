#pragma once

#include <string_view>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/log/message.h"

// The seam for access control: decides who may join and publish.
namespace lws_chat {

enum class Action : uint8_t { kJoin, kPublish };

// Identity and rights of a client. Today every client may do everything.
struct Grant {};

class Gate {
 public:
  virtual ~Gate() = default;

  // Answers kOk, or why not, now or later. `message` is nullptr if the action is not a publication; it has to stay only
  // until judge() returns.
  virtual Deferred<Status> judge(const Grant& grant, Action action, std::string_view room, const Message* message) = 0;
};

// Lets everybody in.
class OpenGate final : public Gate {
 public:
  Deferred<Status> judge(const Grant&, Action, std::string_view, const Message*) override { return Status::kOk; }
};

}  // namespace lws_chat
