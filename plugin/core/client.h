#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/status.h"
#include "core/stream.h"

namespace lws_chat {

class Room;

// A reader and publisher of a room. The connection that it stands for implements how bytes leave.
class Client {
 public:
  virtual ~Client() = default;

  // Whether a write would go out now. If not, the connection calls Hub::pump() when that changes.
  virtual bool ready() = 0;

  // Takes frames to send, from the first byte on. Returns how many bytes it took (whole frames; what
  // it took it will send, in order), or 0 if the connection is broken.
  virtual size_t write(std::string_view frames) = 0;

  // The hub has let go of this client for the reason given; `lag` is how many bytes it was behind.
  // The connection closes in its own time and must not call the hub for this client again.
  virtual void dismissed(Status why, uint64_t lag) = 0;

  Room* room() const { return room_; }
  uint64_t lag() const;

 private:
  friend class Hub;
  friend class Room;
  static constexpr Cursor kNoStop = std::numeric_limits<Cursor>::max();

  Room* room_ = nullptr;
  Cursor cursor_ = 0;
  Cursor stop_ = kNoStop;  // where it will be dismissed; nothing after it is sent
  uint32_t index_ = 0;     // in the room's members
  Status leaving_ = Status::kOk;
};

}  // namespace lws_chat
