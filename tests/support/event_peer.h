#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "dialect/events/session.h"

namespace lws_chat {

// The other side of an event session: it takes what it is sent as far as the test lets it.
class EventPeer : public EventLink {
 public:
  EventPeer(Hub& hub, const Options& options) : session(hub, options, *this) {}
  virtual ~EventPeer() { session.lost(0); }

  bool ready() override { return appetite > 0; }
  size_t write(Client*, std::string_view piece) override {
    if (breaks) {
      session.lost(0);
      return 0;
    }
    --appetite;
    size_t taken = std::min(bite, piece.size());
    bytes += piece.substr(0, taken);
    return taken;
  }
  Origin origin() const override { return from; }
  int64_t unix_ms() override { return clock; }
  Time now() override { return steady; }
  void call_at(Time due) override { alarm = due; }
  void note_denial(const Denial& denial) override { denied = denial.why; }
  void ask_to_resume() override { asked = true; }
  void end(Ending ending, std::string last_bytes) override {
    why = ending.why;
    bytes += last_bytes;
  }

  // The bytes that came since the last call.
  std::string take() { return std::exchange(bytes, std::string()); }

  int appetite = 1 << 30;  // writes until it is not ready
  size_t bite = SIZE_MAX;  // bytes that it takes of a write
  bool breaks = false;     // the next write fails, and the connection is lost
  Origin from = kNobody;
  bool asked = false;
  std::optional<Status> why;
  Time steady = 0;                    // the hub's time
  Time alarm = kNever;                // when the session wants to be called
  int64_t clock = 1'700'000'000'000;  // the time of day, in milliseconds since 1970
  Status denied = Status::kOk;        // the last denial
  std::string bytes;
  EventSession session;
};

}  // namespace lws_chat
