#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "dialect/text/session.h"

namespace lws_chat {

// The other side of a text session: keeps what it is sent.
class TextPeer : public TextLink {
 public:
  TextPeer(Hub& hub, const Options& options, bool packs = false) : session(hub, options, *this, packs) {}
  virtual ~TextPeer() { session.lost(0); }

  // Sends a message. Returns why the session ended, kOk if it did not.
  Status say(std::string_view text, Time now = 0, Format format = Format::kText) {
    session.receive(Message{text, format}, now);
    return why;
  }

  bool ready() override { return true; }
  size_t write(Client&, std::string_view frames) override {
    got += frames;
    return frames.size();
  }
  Origin origin() const override { return kNobody; }
  int64_t unix_ms() override { return clock; }
  Time now() override { return steady; }
  void call_at(Time due) override { alarm = due; }
  void note_denial(const Denial& denial) override { denied = denial.why; }
  void ask_to_resume() override { asked = true; }
  void hold_input(bool hold) override { held = hold; }
  void end(Ending ending, std::string last_frames) override {
    why = ending.why;
    code = ending.code;
    detail = ending.detail;
    got += last_frames;
  }

  std::string got;
  Status why = Status::kOk;
  unsigned code = 0;
  std::string detail;
  Time steady = 0;                    // the hub's time
  Time alarm = kNever;                // when the session wants to be called
  int64_t clock = 1'700'000'000'000;  // the time of day, in milliseconds since 1970
  Status denied = Status::kOk;        // the last denial
  bool held = false;
  bool asked = false;
  TextSession session;
};

}  // namespace lws_chat
