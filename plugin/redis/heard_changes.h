#pragma once

#include <cstdint>

#include "redis/client_info.h"

namespace lws_chat {

// Which of a room's joins and leaves this node has heard. Each announcement has a number, and that of the one before
// it; Redis has the last one. Numbers do not come again, even if the server loses some. No stream keeps joins and
// leaves, so one that was missed cannot be fetched.
//
// What Redis has may be on its way. So the node subscribes to the room once more: when the server confirms that,
// everything has come that was announced before.
class HeardChanges {
 public:
  // The room begins on this node: whoever comes now asks who is there.
  void begin(uint64_t last);

  // One has come. Returns false if others were missed before it.
  [[nodiscard]] bool take(const ChangeNumbers& numbers);

  // Redis has this one.
  void compare(uint64_t last);

  // Returns true if the node has to subscribe once more. It does so then.
  [[nodiscard]] bool asks();

  // A subscription beyond the first one is confirmed. Returns false if something was missed.
  [[nodiscard]] bool confirmed();

  // Nothing is subscribed any more, and nothing will be confirmed.
  void cut_off();

 private:
  uint64_t heard_ = 0;   // the last one; 0: there was none
  uint64_t wanted_ = 0;  // Redis has it
  bool waits_ = false;   // for that one
  bool unasked_ = false;
  uint32_t asked_ = 0;  // and not confirmed
};

}  // namespace lws_chat
