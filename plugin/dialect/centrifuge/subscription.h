#pragma once

#include "dialect/centrifuge/session.h"
#include "wire/frame.h"

namespace lws_chat {

// A session's membership in one room. For the hub it is a client like any other.
class Session::Subscription final : public Client {
 public:
  Subscription(Session& session, std::string_view name, KindId kind) : Client(kind), session_(session), name_(name) {
    identity_ = session.identity_;
  }

  bool ready() override {
    bool silent = !session_.speaking_ && session_.output_.empty() && session_.replies_.empty();
    return !session_.ended_ && (silent || session_.speaking_ == this) && session_.link_.ready();
  }
  size_t write(std::string_view frames) override {
    size_t taken = session_.link_.write(this, frames);
    // At the head of a stream every message is whole. Only elsewhere the frames have to be read.
    bool whole = (!replaying() && taken == lag()) || ends_message(frames.substr(0, taken));
    session_.speaking_ = whole ? nullptr : this;
    return taken;
  }
  std::string_view name() const { return name_; }

  // A back end dismissed the subscription before it was a member.
  void set_unwanted() { unwanted_ = true; }
  bool unwanted() const { return unwanted_; }

  void dismissed(Ending ending, Time now) override { session_.dismissed(*this, std::move(ending), now); }

 private:
  Session& session_;
  const std::string name_;  // name of the room
  bool unwanted_ = false;
};

}  // namespace lws_chat
