#pragma once

#include <list>
#include <string>
#include <string_view>

#include "config/options.h"
#include "core/hub.h"

namespace lws_chat {

// The connection that a text session speaks through.
class TextLink {
 public:
  // As Client::ready() and Client::write().
  virtual bool ready() = 0;
  virtual size_t write(Client& client, std::string_view frames) = 0;

  // The address of the client, for whom a new room counts.
  virtual Origin origin() const = 0;

  // TextSession::resume() is to be called as soon as the connection can write.
  virtual void ask_to_resume() = 0;

  // Nothing more may be read from the client for now, or it may again.
  virtual void hold_input(bool hold) = 0;

  // The session is over. The connection sends `last_frames` and closes.
  virtual void end(Ending ending, std::string last_frames) = 0;

 protected:
  ~TextLink() = default;
};

// The tutorial's dialect: what a client sends is a message for its room, as it is, and what it receives are the room's
// messages. One word is special: the close word is broadcast like any text, then its sender is dismissed.
class TextSession final : public Client {
 public:
  TextSession(Hub& hub, const Options& options, TextLink& link);

  // Joins the room. Until that is done the client's messages wait.
  void enter(std::string_view room, Time now);

  // One complete message.
  void receive(const Message& message, Time now);

  // The connection may write again, or the client may be listened to again.
  void resume(Time now);

  // Ends when the client has been sent everything published so far in its room.
  void part(Status why, Time now);

  // The connection is lost.
  void lost(Time now);

  // True if the hub's answer is awaited.
  bool waiting() const { return waiting_; }

  // As a client of the hub.
  IdentityPtr identity() override;
  bool ready() override { return link_.ready(); }
  size_t write(std::string_view frames) override { return link_.write(*this, frames); }
  void dismissed(Ending ending, Time now) override;

 private:
  void entered(Status status);
  void publish(const Message& message, Time now);
  void published(bool closes, const Published& result);
  void keep(const Message& message);
  void await();
  void answered();
  void end(Ending ending, std::string last_frames = {});

  Hub& hub_;
  const Options& options_;
  TextLink& link_;
  std::list<KeptMessage> input_;       // messages that wait for the hub's answer to the one before
  MemoryAccount::Charge input_bytes_;  // of them
  bool waiting_ = false;
  bool held_ = false;  // the client's input is held back
  Status parting_ = Status::kOk;
  bool ended_ = false;
  Lifetime lifetime_;
};

}  // namespace lws_chat
