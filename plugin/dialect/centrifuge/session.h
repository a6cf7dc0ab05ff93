#pragma once

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "config/options.h"
#include "core/hub.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/command.h"
#include "dialect/centrifuge/sessions.h"

namespace lws_chat {

struct RoomAnswer;

// The connection that a session speaks through.
class SessionLink {
 public:
  // See Client::ready() and Client::write(). `subscription` is nullptr for replies.
  virtual bool ready() = 0;
  virtual size_t write(Client* subscription, std::string_view frames) = 0;

  // Counts a command that costs as much as `cost` ordinary ones. Returns true if the next one may follow now; if not,
  // Session::resume() is called when it may.
  virtual bool allow(uint64_t cost) = 0;

  // The time of day, in milliseconds since 1970.
  virtual int64_t unix_ms() = 0;

  // Session::resume() must be called as soon as the connection can write.
  virtual void ask_to_resume() = 0;

  // The origin to which new rooms of the client count.
  virtual Origin origin() const { return kNobody; }

  // The client has sent `connect`: from now on it is pinged.
  virtual void connected() = 0;

  // Stops or resumes reading from the client.
  virtual void hold_input(bool hold) = 0;

  // The session is over. The connection sends `last_frames` and closes. May not throw.
  virtual void end(Ending ending, std::string last_frames) = 0;

 protected:
  ~SessionLink() = default;
};

// The structured dialect: Centrifuge's client protocol in JSON, version 2. A client may be in many rooms over one
// connection. (centrifugal.dev/docs/transports/client_protocol)
//
// In the data of `connect` a client says who it is: {"user": ..., "info": ..., "session": ...}, all of them optional.
// Others see user and info; without info and session, they see the whole data. A client that comes back within
// presence-grace is the same client to the others if it gives the same session or, without one, the same data.
class Session {
 public:
  Session(Hub& hub, Sessions& sessions, const Options& options, SessionLink& link);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes one complete message: commands, one per line. Precondition: it is UTF-8.
  void receive(std::string_view message, Time now);

  // Goes on: the connection can write again, or the client may send again.
  void resume(Time now);

  // Returns true if the client has not taken everything that is for it.
  bool behind() const;

  // Returns true if the client has not taken all of its replies.
  bool owes() const { return !output_.empty(); }

  // Returns true while a command waits for the hub's answer.
  bool waiting() const { return waiting_; }

  // Returns true while commands wait for their turn.
  bool waits() const { return !input_.empty(); }

  // Asks the client for a sign of life.
  void ping();

  // Ends the session as soon as the client has been sent everything published so far in its rooms.
  void end_after_head(Status why, Time now);

  // The connection is lost, or the client has closed it.
  void lost(Time now, Hub::Departure departure = Hub::Departure::kMayReturn);

  // For a back end: returns true if the client has this user, id and session. Empty ones are not compared.
  bool is(std::string_view user, std::string_view client, std::string_view session) const;

  // Returns the key of a session that its client gave this name.
  static std::string key_of(std::string_view name) { return std::string(kSessionKey).append(name); }
  const IdentityPtr& identity() const { return identity_; }

  // For a back end: ends the membership in a room, or with an empty name in all rooms, and tells the client.
  void dismiss(std::string_view room, Time now);

  // Ends the session. Does not fail.
  void end(Ending ending, Time now);

 private:
  // The session runs no commands while more bytes of replies than this are untaken.
  static constexpr size_t kMaxUntaken = 65536;
  // If the untaken bytes of all clients exceed this part of max-memory, it runs none while any byte is untaken.
  static constexpr uint64_t kShareOfMemory = 4;

  // The beginning of a named session's key.
  static constexpr std::string_view kSessionKey = "session ";

  class Subscription;  // in dialect/centrifuge/subscription.h
  using Subscriptions = std::map<std::string, Subscription, std::less<>>;

  [[nodiscard]] bool run(std::string_view& lines, Time now);
  void keep(std::string_view message, Time now);
  bool handle(std::string_view line, Time now);
  void perform(Command& command, Time now);
  void connect(Command& command, Time now);
  [[nodiscard]] std::string identify(std::string_view data, Time now);
  void subscribe(Command& command, Time now);
  void subscribed(const Command& command, const std::string& channel, const std::optional<Position>& seen,
                  Status status, Time now);
  void published(const Command& command, bool closes, const Published& result);
  void await();
  void answered();
  template <typename Act>
  void act_late(Time now, Act&& act);
  bool unsubscribe(Command& command, Time now);
  void publish(Command& command, Time now);
  void presence(Command& command, Time now);
  void presence_stats(Command& command, Time now);
  void history(Command& command, Time now);
  void answer(const Command& command, const RoomAnswer& answer);
  std::string position(Subscription& subscription, uint64_t offset) const;
  bool recover(Subscription& subscription, const Position& seen, std::string& publications, Time now);

  Subscription* member_of(Command& command, Time now);
  void reply(const Command& command, std::string_view result);
  void refuse(const Command& command, ClientError error, std::string_view detail = {});
  void refuse_scarce(const Command& command);
  void refuse_for(const Command& command, Status why);
  void flush_replies();
  void write_replies();
  void note_untaken();
  bool scarce() const { return sessions_.untaken >= options_.hub.max_memory / kShareOfMemory; }
  void serve_rooms(Time now);
  void dismissed(Subscription& subscription, Ending ending, Time now);
  bool tell_unsubscribed(const Subscription& subscription);
  std::string last_frames(Status why);
  void remember_me(Time now);
  Subscriptions::iterator find(std::string_view channel);
  void forget_ended();
  void leave_all(Time now, Hub::Departure departure);
  static size_t cost_of(std::string_view channel);
  [[nodiscard]] bool claim(size_t more);
  Subscriptions::iterator forget(Subscriptions::iterator subscription);

  Hub& hub_;
  Sessions& sessions_;
  const Options& options_;
  SessionLink& link_;
  IdentityPtr identity_;  // nullptr: it has not sent `connect`
  std::string key_;       // recognizes the client when it comes back
  bool named_ = false;    // the client gave the session a name
  Sessions::Place place_;
  Subscriptions subscriptions_;
  size_t joined_ = 0;                  // number of subscriptions that are members
  std::string next_served_;            // the room that is served first when the connection is ready again
  std::list<std::string> input_;       // messages that wait; the first may be only a rest
  MemoryAccount::Charge input_bytes_;  // bytes of input_, with the cost of keeping them
  MemoryAccount::Charge claimed_;      // bytes of the identity and the subscriptions
  std::string replies_;                // replies to the commands of this turn: JSON texts, one per line
  std::string output_;                 // frames that the connection has not taken
  size_t taken_ = 0;                   // bytes of output_ that the connection has taken
  size_t noted_ = 0;                   // bytes of output_ that are part of sessions_.untaken
  Subscription* speaking_ = nullptr;   // it has written half a message: no other may write before the rest
  bool ping_waits_ = false;            // a ping is in output_
  bool held_ = false;                  // the client's input is held back
  std::set<uint32_t> ids_;             // ids of the commands in the current message
  uint64_t cost_ = 1;                  // cost of the current command, counted in ordinary commands
  Time grace_ = 0;                     // the longest presence-grace of its rooms
  bool waiting_ = false;               // a command waits for the hub's answer, and the next ones wait for it
  Status pending_end_ = Status::kOk;   // why the session ends as soon as everything is sent; kOk: it goes on
  bool ended_ = false;
  Lifetime lifetime_;
};

}  // namespace lws_chat
