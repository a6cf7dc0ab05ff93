#pragma once

#include <string_view>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/log/message.h"

// The seam for access control: decides who may join and publish.
namespace lws_chat {

enum class Action : uint8_t { kJoin, kPublish, kHistory, kPresence };

// Who asks, and what speaks for them.
struct Grant {
  std::string_view user{};  // as a token or a back end says; empty: not known
  bool member = false;      // is in the room
  bool invited = false;     // a token or a back end has let the client into the room
  bool approved = false;    // a back end was asked about this very action, and allows it
  bool server = false;      // a back end, or the server itself: may do everything
};

inline constexpr Grant kServerGrant{{}, false, false, false, true};

class Gate {
 public:
  virtual ~Gate() = default;

  // Answers kOk, or why not, now or later. `message` is nullptr if the action is not a publication. The views have to
  // stay only until judge() returns.
  virtual Deferred<Status> judge(const Grant& grant, Action action, std::string_view room, const Message* message) = 0;
};

// Lets everybody in.
class OpenGate final : public Gate {
 public:
  Deferred<Status> judge(const Grant&, Action, std::string_view, const Message*) override { return Status::kOk; }
};

}  // namespace lws_chat
