#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "config/options.h"
#include "core/hub.h"
#include "dialect/arrival.h"

namespace lws_chat {

// The connection of a text session.
class TextLink {
 public:
  // See Client::ready() and Client::write().
  virtual bool ready() = 0;
  virtual size_t write(Client& client, std::string_view frames) = 0;

  // The client's address. New rooms count for it.
  virtual Origin origin() const = 0;

  // The time of day, in milliseconds since 1970, and the time that the hub counts in.
  virtual int64_t unix_ms() = 0;
  virtual Time now() = 0;

  // TextSession::time_is_up() must be called then. Replaces the time set before.
  virtual void call_at(Time due) = 0;

  // Notes for log and metrics that the client was denied something.
  virtual void note_denial(const Denial& denial) = 0;

  // Calls TextSession::resume() as soon as the connection can write.
  virtual void ask_to_resume() = 0;

  // Stops reading from the client, or goes on.
  virtual void hold_input(bool hold) = 0;

  // Sends `last_frames` and closes the connection. The session is over.
  virtual void end(Ending ending, std::string last_frames) = 0;

 protected:
  ~TextLink() = default;
};

// The text dialect. A client's message is a message for its room, unchanged, and the client receives the room's
// messages. Only the close word is special: the room receives it, then the server closes its sender. Who the client is
// and what it may do stands in its request; a client that is denied something is closed.
class TextSession final : public Client {
 public:
  // `packs`: the client has negotiated compression.
  TextSession(Hub& hub, const Options& options, TextLink& link, bool packs = false);
  ~TextSession() override;

  // Joins the room. The client's messages wait until then. `arrival` is for this room only; nullptr: nobody is asked
  // but the rules of the room.
  void enter(std::string_view room, Time now, std::unique_ptr<Arrival> arrival = nullptr);

  // Takes one complete message from the client.
  void receive(const Message& message, Time now);

  // Goes on after the connection can write again, or after an answer of the hub.
  void resume(Time now);

  // The time given to TextLink::call_at() has come.
  void time_is_up(Time now);

  // Ends after the client has received everything that was published in its room so far.
  void end_after_head(Status why, Time now);

  // The connection is lost.
  void lost(Time now);

  // True while it waits for an answer of the hub.
  bool waiting() const { return waiting_; }

  // From Client.
  IdentityPtr identity() override;
  bool ready() override { return link_.ready(); }
  size_t write(std::string_view frames) override { return link_.write(*this, frames); }
  void dismissed(Ending ending, Time now) override;

 private:
  class Stay;  // in session.cpp

  // A message that waits for a back end.
  struct Draft {
    KeptMessage message;
    bool closes;
  };

  // A message on its way to the journal.
  struct Sent {
    KeptMessage message;
    bool approved;
    bool closes;
  };

  void arrived(Arrival& arrival, Time now);
  void join(std::string_view room, Time now);
  void entered(Status status);
  Grant grant(bool member) const;
  bool is_close_word(const Message& message) const;
  void publish(const Message& message, Time now);
  void ask_to_publish(const Message& message);
  void approved(const Draft& draft, const Outcome<PublishResult>& outcome);
  void hand_over(const Message& message, bool approved, bool closes, Time now);
  void deny(Denial denial);
  void published(bool closes, const Published& result);
  void keep_sent(const Sent& sent);
  void await_answer(const Sent& sent, Deferred<Published> result, Time now);
  void publish_answered(const Published& result);
  void act_on(const Published& result);
  void hold_back();
  void go_on();
  void try_later(Time now);
  void try_again(Time now);
  void set_alarm();
  void keep(const Message& message);
  void await();
  bool held_back() const { return waiting_ || (held_ && held_->full); }
  template <typename Act>
  void act_late(Act&& act);
  void answered();
  void end(Ending ending, std::string last_frames = {});

  Hub& hub_;
  const Options& options_;
  TextLink& link_;
  // State while something is under way: from a question that the hub answers late to the last message that has waited
  // for the answer. Most sessions never have it.
  struct Held {
    explicit Held(MemoryAccount& account) : bytes(account), sent_bytes(account) {}
    std::list<KeptMessage> input;        // messages that wait
    MemoryAccount::Charge bytes;         // of `input`
    Lifetime lifetime;                   // of the wish for an answer
    std::unique_ptr<Arrival> arrival{};  // nullptr: it has arrived

    std::list<Sent> sent;              // messages that the journal may not have yet, in their order
    MemoryAccount::Charge sent_bytes;  // of `sent`
    size_t answers = 0;                // that the journal owes for them
    bool full = false;                 // nothing may be sent behind them
    bool failed = false;               // the journal has not taken the first one
    Time due = kNever;                 // when they are sent again
    Time give_up = kNever;             // when the client is closed instead
  };
  std::unique_ptr<Held> held_;
  std::unique_ptr<Stay> visit_;  // nullptr: nobody speaks for the client
  bool waiting_ = false;         // for an answer of the hub
  Status ending_ = Status::kOk;
  bool ended_ = false;
};

}  // namespace lws_chat
