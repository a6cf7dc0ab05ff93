#pragma once

#include <exception>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "access/doorman.h"
#include "config/options.h"
#include "core/hub.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/command.h"
#include "dialect/centrifuge/encoding.h"
#include "dialect/expiry.h"
#include "dialect/sessions.h"
#include "dialect/visitor.h"

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

  // Returns true if the client has negotiated compression.
  virtual bool packs() const { return false; }

  // The time of day, in milliseconds since 1970.
  virtual int64_t unix_ms() = 0;

  // The time that the hub counts in.
  virtual Time now() = 0;

  // Session::time_is_up() must be called then. Replaces the time set before.
  virtual void call_at(Time due) = 0;

  // Session::resume() must be called as soon as the connection can write.
  virtual void ask_to_resume() = 0;

  // The origin to which new rooms of the client count.
  virtual Origin origin() const { return kNobody; }

  // The fields of the client's request that back ends may see; nullptr: none.
  virtual const HookHeaders* headers() const { return nullptr; }

  // The client has sent `connect`, and may stay: from now on it is pinged.
  virtual void connected() = 0;

  // Notes for log and metrics that the client was denied something.
  virtual void note_denial(const Denial& denial) = 0;

  // Stops or resumes reading from the client.
  virtual void hold_input(bool hold) = 0;

  // Returns false while the client may not send, although its messages still come. Then they wait in the session.
  virtual bool reads() { return true; }

  // Its name for back ends.
  virtual std::string_view transport() const { return "websocket"; }

  // Members of the reply to `connect` for a client that sends its other messages elsewhere: "session" and "node".
  // Empty: it sends them over this connection.
  virtual std::string emulation() const { return {}; }

  // The session is over. The connection sends `last_frames` and closes. May not throw.
  virtual void end(Ending ending, std::string last_frames) = 0;

 protected:
  ~SessionLink() = default;
};

// The structured dialect: Centrifuge's client protocol, version 2, in JSON or protobuf. A client may be in many rooms
// over one connection. (centrifugal.dev/docs/transports/client_protocol)
//
// The client's token or a back end says who it is. Where neither is configured, a client says so itself in the data of
// `connect`: {"user": ..., "info": ..., "session": ...}, all of them optional. Others see user and info; without info
// and session, they see the whole data. A client that comes back within presence-grace is the same client to the others
// if it gives the same session or, without one, the same data.
class Session final : public Visitor {
 public:
  Session(Hub& hub, Sessions& sessions, Doorman& doorman, const Options& options, SessionLink& link, Encoding encoding);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes one complete message with commands. Precondition: in JSON it is UTF-8.
  void receive(std::string_view message, Time now);

  // Goes on: the connection can write again, or the client may send again.
  void resume(Time now);

  // Returns true if the client has not taken everything that is for it.
  bool behind() const;

  // Returns true if the client has not taken all of its replies.
  bool owes() const { return !output_.empty(); }

  // Returns true while a command waits for the answer of the hub or of a back end.
  bool waiting() const { return waiting_ > 0; }

  // Returns true while commands wait for their turn.
  bool waits() const { return !input_.empty(); }

  // Asks the client for a sign of life.
  void ping();

  // The time given to SessionLink::call_at() has come: something expires.
  void time_is_up(Time now);

  // Ends the session as soon as the client has been sent everything published so far in its rooms.
  void end_after_head(Status why, Time now);

  // The connection is lost, or the client has closed it.
  void lost(Time now, Hub::Departure departure = Hub::Departure::kMayReturn);

  const IdentityPtr& identity() const { return identity_; }

  // Returns the key of a session that its client gave this name.
  static std::string key_of(std::string_view name) { return std::string(kSessionKey).append(name); }

  // From Visitor.
  bool is(std::string_view user, std::string_view client, std::string_view session) const override;
  const std::string& client_id() const override { return identity_->client; }
  void dismiss(std::string_view room, Time now) override;
  Status invite(std::string_view room, const InvitationPtr& invitation, const Position* seen, Time now) override;
  void renew(const Renewal& renewal, Time now) override;
  void check_revoked(Time now) override;
  void end(Ending ending, Time now) override;

 private:
  // The session runs no commands while more bytes of replies than this are untaken.
  static constexpr size_t kMaxUntaken = 65536;
  // If the untaken bytes of all clients exceed this part of max-memory, it runs none while any byte is untaken.
  static constexpr uint64_t kShareOfMemory = 4;

  // The beginning of a named session's key.
  static constexpr std::string_view kSessionKey = "session ";

  class Subscription;  // in dialect/centrifuge/subscription.h
  struct Connecting;   // in dialect/centrifuge/connecting.h
  using Subscriptions = std::map<std::string, Subscription, std::less<>>;

  // A subscribe command that the back end may have to decide about.
  struct Wish {
    Command command;  // without its request
    std::string channel;
    std::optional<Position> seen;
    bool watching = false;
    bool delta = false;
    bool whole = false;  // it wants an error instead of an incomplete recovery
  };

  // How a client learns that it is in a room. A push has no place for missed messages: they come after it.
  enum class Telling { kReply, kPush, kAgain };

  // A message that the client wants to publish. The views have to stay only during a call.
  struct Draft {
    std::string_view channel;
    std::string_view data;
    Format format = Format::kJson;
    std::string_view tags{};  // from the back end
    bool ephemeral = false;
    bool approved = false;  // by the back end
    uint64_t version = 0;   // from the back end, as the next
    std::string_view version_epoch{};
  };

  [[nodiscard]] bool run(std::string_view& commands, Time now);
  void keep(std::string_view message, Time now);
  bool handle(std::string_view text, Time now);
  bool read(std::string_view text, std::string& json, Command& command) const;
  void perform(Command& command, Time now);
  template <typename T, typename Act>
  void when(Deferred<T> answer, Act act);
  void answered();

  // In session_connect.cpp.
  void connect(Command& command, Time now);
  void admitted(const Outcome<GuestPtr>& outcome, Time now);
  void identified(const IdentityPtr& before, Time now);
  std::string user_of_guest() const;
  void name_session(Time now);
  Deferred<IdentityPtr> find_identity(Time now);
  void identify(const IdentityPtr& before, Time now);
  [[nodiscard]] bool replace_former(Time now);
  void enter_rooms(Time now);
  void entered(Status status, Time now);
  void abandon(Status status, Time now);
  void finish_connecting(Time now);

  // In session_rooms.cpp.
  void subscribe(Command& command, Time now);
  void invited(const Wish& wish, const InvitationPtr& invitation, Time now);
  void let_in(const Wish& wish, const InvitationPtr& invitation, Time now);
  void subscribed(const Wish& wish, Status status, Time now);
  void put_in(const std::string& channel, const std::optional<Position>& seen, Status status, Time now);
  Subscription& add(const std::string& channel, const InvitationPtr& invitation, bool watching, bool delta);
  std::string join_result(Subscription& subscription, Telling how, const std::optional<Position>& seen, Time now);
  bool may_lose(const Wish& wish, const InvitationPtr& invitation);
  bool would_lose(const Wish& wish, Time now);
  bool recover(Subscription& subscription, const Position& seen, size_t space, std::string& publications, Time now);
  bool unsubscribe(Command& command, Time now);
  Deferred<Status> join(Subscription& subscription, Time now);

  // In session_commands.cpp.
  void publish(Command& command, Time now);
  void publish_draft(const Command& command, const Draft& draft, Time now);
  void published(const Command& command, bool closes, const Published& result);
  void rpc(Command& command, Time now);
  template <typename Query>
  void query(Command& command, Action action, Time now, Query query);
  void presence(Command& command, Time now);
  void presence_stats(Command& command, Time now);
  void history(Command& command, Time now);
  void answer(const Command& command, const RoomAnswer& answer);
  bool catch_up(std::string_view channel, Time now);

  // In session_expiry.cpp.
  void refresh(Command& command, Time now);
  void sub_refresh(Command& command, Time now);
  void refreshed(const Command& command, const Outcome<GuestPtr>& outcome);
  void sub_refreshed(const Command& command, const std::string& channel, const Outcome<InvitationPtr>& outcome);
  bool server_renews() const { return doorman_.has_hook(HookKind::kRefresh); }
  bool server_renews(const Subscription& subscription) const;
  int64_t due_at() const;
  int64_t due_at(const Subscription& subscription) const;
  void schedule_expiry(Time now);
  template <typename Act>
  void act_on_renewal(Deferred<Outcome<RefreshResult>> answer, Act act);
  void ask_to_renew();
  void ask_to_renew(Subscription& subscription);
  void expire(Subscription& subscription, Time now);
  std::string ttl_of(int64_t expires_at) const;

  // The command's id and name, for an answer that may come later.
  static Command ticket_of(const Command& command);

  HookClient about_me() const;
  Grant grant_for(const Subscription* subscription) const;
  Grant grant_as_member(const InvitationPtr& invitation) const;
  Status judge(Action action, std::string_view channel, const Grant& grant);
  Subscription* member_of(std::string_view channel);
  int64_t unix_seconds() const { return link_.unix_ms() / 1000; }
  void reply(const Command& command, std::string_view result);
  void refuse(const Command& command, ClientError error, std::string_view detail = {});
  void refuse_scarce(const Command& command);
  void refuse_for(const Command& command, Status why);
  void deny(const Command& command, const Denial& denial, Time now);
  void push(const std::string& json);
  void flush_replies();
  void write_replies();
  void note_untaken();
  bool scarce() const { return sessions_.untaken >= options_.hub.max_memory / kShareOfMemory; }
  void serve_rooms(Time now);
  void dismissed(Subscription& subscription, Ending ending, Time now);
  bool is_of_room_alone(const Subscription& subscription, Status why) const;
  bool tell_unsubscribed(const Subscription& subscription, Status why);
  std::string last_frames(Status why);
  void remember_me(Time now);
  void forget_name();
  Subscriptions::iterator find(std::string_view channel);
  void forget_ended();
  void leave_all(Time now, Hub::Departure departure);
  static size_t cost_of(std::string_view channel, const InvitationPtr& invitation);
  [[nodiscard]] bool claim(size_t more);
  Subscriptions::iterator forget(Subscriptions::iterator subscription);

  Hub& hub_;
  Sessions& sessions_;
  Doorman& doorman_;
  const Options& options_;
  SessionLink& link_;
  const Encoding encoding_;
  GuestPtr guest_;                          // nullptr: nobody speaks for the client
  Expiry expiry_;                           // of the connection
  std::unique_ptr<Connecting> connecting_;  // while `connect` is under way
  std::string asking_for_;                  // the room that the back end was asked about
  IdentityPtr identity_;                    // nullptr: it has not sent `connect`
  std::string key_;                         // recognizes the client when it comes back
  uint32_t name_at_ = 0;                    // where in key_ the name of the session begins; 0: it has none
  Sessions::Place place_;
  Subscriptions subscriptions_;
  size_t joined_ = 0;                  // number of subscriptions that are members
  std::string next_served_;            // the room that is served first when the connection is ready again
  std::list<std::string> input_;       // messages that wait; the first may be only a rest
  MemoryAccount::Charge input_bytes_;  // bytes of input_, with the cost of keeping them
  MemoryAccount::Charge claimed_;      // bytes of the identity and the subscriptions
  Replies replies_;                    // to the commands of this turn
  std::string output_;                 // frames that the connection has not taken
  size_t taken_ = 0;                   // bytes of output_ that the connection has taken
  size_t noted_ = 0;                   // bytes of output_ that are part of sessions_.untaken
  Subscription* speaking_ = nullptr;   // it has written half a message: no other may write before the rest
  bool ping_waits_ = false;            // a ping is in output_
  bool held_ = false;                  // the client's input is held back
  std::set<uint32_t> ids_;             // ids of the commands in the current message
  uint64_t cost_ = 1;                  // cost of the current command, counted in ordinary commands
  Time grace_ = 0;                     // the longest presence-grace of its rooms
  unsigned waiting_ = 0;               // answers that commands wait for; the next commands wait for these
  Status pending_end_ = Status::kOk;   // why the session ends as soon as everything is sent; kOk: it goes on
  bool ended_ = false;
  Lifetime lifetime_;
  // Headers that `connect` had and back ends may see; nullptr: none.
  std::unique_ptr<const HookHeaders> emulated_;
};

// Does something with an answer, now or later. Until then the next commands wait, and the client's input is not read.
// Who answers does so once. A session that cannot act on the answer ends, instead of waiting for ever.
template <typename T, typename Act>
void Session::when(Deferred<T> answer, Act act) {
  if (answer.ready()) return act(answer.value());
  ++waiting_;
  answer.then(lifetime_, [this, act = std::move(act)](const T& value) mutable {
    --waiting_;
    try {
      act(value);
      answered();
    } catch (const std::exception&) {
      end({Status::kInternalError}, link_.now());
    }
  });
}

}  // namespace lws_chat
