#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/broker.h"
#include "core/counters.h"
#include "core/deferred.h"
#include "core/gate.h"
#include "core/journal.h"
#include "core/random.h"
#include "core/room/room.h"
#include "core/settings.h"
#include "core/waker.h"

namespace lws_chat {

// What a hub works with, none of it its own. Without a broker, gate or journal it is alone, lets everybody in, and
// keeps nothing for longer than itself.
struct HubSeams {
  Fanout* fanout = nullptr;
  Waker* waker = nullptr;
  Broker* broker = nullptr;
  Gate* gate = nullptr;
  Journal* journal = nullptr;
};

// Rooms, who is in them, and when they are sent out. Knows no sockets and no clock: connections are
// Clients, time comes in as an argument.
class Hub final : private Broker::Node {
 public:
  using Settings = HubSettings;

  using Departure = lws_chat::Departure;

  static constexpr Time kNever = std::numeric_limits<Time>::max();

  // A room with so many messages to send does not wait for more: what it costs to reach a member once is by
  // then small beside what the messages cost.
  static constexpr size_t kEnough = 16;

  using Seams = HubSeams;

  Hub(const Settings& settings, StreamKinds kinds, const Seams& seams = {});
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  size_t rooms() const { return rooms_.size(); }
  size_t occupied() const { return occupied_; }  // rooms that somebody is in
  size_t bytes_in_use() const {
    return pool_.bytes_in_use() + account_.used() + input_account_.used() + departed_.bytes() + presence_bytes_;
  }

  // For rooms, subscriptions and who clients are, half of max-memory; and for what clients have sent that waits for
  // its rest or its turn, a quarter.
  MemoryAccount& account() { return account_; }
  MemoryAccount& input_account() { return input_account_; }

  // The room of that name, or nullptr.
  const Room* find(std::string_view name) const;
  Room* find(std::string_view name);

  // All rooms, those included that are only remembered, in no order.
  template <typename Told>
  void each_room(Told&& told) const {
    for (const auto& [name, room] : rooms_) told(*room);
  }

  // What holds in a room of that name.
  const RoomSettings& settings_of(std::string_view name) { return namespace_of(name).settings; }

  // Whether a client may join: the room is there, there may be one more, or one can be forgotten for it.
  bool has_place(std::string_view name, Origin origin = kNobody) const;

  // Whether it may join all of these, each named once.
  bool has_places(const std::vector<std::string>& names, Origin origin = kNobody) const;

  struct Joining {
    std::string_view room;
    uint64_t replay = 0;      // messages that the client gets first, as far as the history has them
    Origin origin = kNobody;  // of the client, for whom a new room counts
    Grant grant{};
  };

  // Puts the client into the room, made if it is not there. Answers kOk, or why not; a client that leaves or ends
  // before that does not join, and gets no answer.
  Deferred<Status> join(Client& client, const Joining& joining, Time now);

  // Lets go of a client; it is not told. Does not fail.
  void leave(Client& client, Time now, Departure departure = Departure::kFinal);

  // What is known of who is in the room, empty when somebody came or went since. What `fill` puts there counts as
  // memory, and is forgotten when nobody has asked for it for kKeepPresence.
  static constexpr Time kKeepPresence = 10'000'000;
  template <typename Fill>
  const Presence& presence(Room& room, Time now, Fill&& fill) {
    Presence& known = ask_presence(room, now);
    fill(known);
    count_presence(room);
    return known;
  }

  // Says who a client is that nobody has been told of before, so that it can be found by its id as long as it is in its
  // room.
  void introduce(Client& client, IdentityPtr identity);
  Client* introduced(std::string_view id) const;

  // The one way to publish, for members and everybody else. The gate says whether, the broker gives the position, the
  // journal keeps the message where its room is durable, then the room's readers get it with the next flush. The room
  // is made if it is not there. A refusal is counted. If it throws, nobody gets the message.
  Deferred<Published> publish(const Grant& grant, const Publication& publication, Time now);

  // Before what is published from now on the client gets the messages from this offset on.
  // Precondition: it has just joined, and the history has them.
  void replay_from(Client& client, uint64_t offset);

  // What the room remembers, without what has become too old.
  const History& history(Room& room, Time now);

  // Forgets the messages of a room; offsets go on, unless nobody is in it nor may come back to it, which ends it.
  void clear_history(Room& room);

  // A text that is different at each call and that nobody can guess: 128 bits in hex.
  std::string next_id();

  Departed& departed() { return departed_; }

  // Dismisses a client at once. Does not fail.
  void dismiss(Client& client, Ending ending, Time now);

  // Dismisses a client as soon as it has been sent everything published so far.
  void dismiss_after_head(Client& client, Status why, Time now);

  // When flush() has something to do; kNever when nothing waits.
  Time due() const;

  // Sends out what is due, with at most about `max_writes` writes; what is left stays due. Drops what
  // has become too old.
  void flush(Time now, size_t max_writes);

  // Goes on with one client that has become ready. A long replay stops in between: to be called again in
  // another loop turn as long as the client is behind() and ready().
  void pump(Client& client, Time now);

  // As the broker sees it.
  Broker::Node& node() { return *this; }

 private:
  // For the broker.
  Deferred<Published> deliver(Room& room, uint64_t offset, const Message& message, Time now) override;
  void moved(Room& room, const Position& position, Time now) override;
  Room* opened(std::string_view name) override { return find(name); }

  // While a room's members are walked through no room ends, and what the streams hold stays where it is.
  class Walk {
   public:
    Walk(Hub& hub, Room& room);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

   private:
    Hub& hub_;
    Room& room_;
  };

  // Tells the waker, in the end, if the hub has something to do earlier than it knew.
  class Wake {
   public:
    explicit Wake(Hub& hub) : hub_(hub) {}
    ~Wake() { hub_.tell_waker(); }
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

   private:
    Hub& hub_;
  };

  void tell_waker();
  void do_later(std::function<void(Time)> work);
  void do_late_work(Time now);
  Published refused(Status why, Time now);
  Deferred<Published> publish_permitted(std::string_view name, const Message& message, Time now);
  Deferred<Published> hand_over(Room& room, const Message& message, Time now);
  Deferred<Published> write_first(Room& room, uint64_t offset, const Message& message, Time now);
  void show_written(std::string_view name, Time now);
  Published show(Room& room, const Message& message, Time now);
  Deferred<Status> make_usable(Room& room, Time now);
  Deferred<Status> ask_broker(Room& room, Time now);
  void end_opening(std::string_view name, Status status);
  Deferred<Status> join_permitted(Client& client, const Joining& joining, Time now);
  void join_late(Client& client, const Joining& joining, Deferred<Status> before, Promise<Status> promise);
  void enter(Client& client, Room& room, uint64_t replay, Time now);
  Namespace& namespace_of(std::string_view room);
  bool has_room_left(size_t name_length) const;
  Room* open(std::string_view name, Origin origin);
  void note_waiting(Room& room, Time now);
  void make_dirty(Room& room, Time now);
  bool flush_room(Room& room, Time now, size_t& budget);
  void serve_members(Room& room, Time now, size_t& budget);
  template <typename Serve>
  void serve(Client& client, Time now, Serve&& work);
  bool send_replay(Client& client, Time now);
  void send_stream(Client& client, Time now);
  void welcome(Room& room, Client& client, Time now);
  Presence& ask_presence(Room& room, Time now);
  void count_presence(Room& room);
  void forget_presence(Room& room);
  void tell(Room& room, Event::Kind kind, const Identity& about, Time now);
  void tell_of_leave(Room& room, const Identity& about, Time now);
  bool note_absent(Room& room, const IdentityPtr& identity, Time until);
  bool return_of(Room& room, const IdentityPtr& identity);
  void follow_first_absent(Room& room, Time before);
  void expire(Time now);
  void expire_absent(Room& room, Time now);
  void remember(Room& room, Time now);
  void reclaim(Time now);
  void forget(Room& room);
  bool evict_readers(Block& segment, Time now);
  void retire(Room& room);
  std::string next_epoch();

  Settings settings_;
  StreamKinds kinds_;
  LocalBroker local_;
  OpenGate open_gate_;
  Fanout* fanout_;
  Waker* waker_;
  Broker* broker_;
  Gate* gate_;
  Journal* journal_;
  std::deque<std::function<void(Time)>> late_;  // what to do now that an answer has come
  Time told_ = kNever;                          // the waker, when there is something to do
  BlockPool pool_;
  MemoryAccount account_;
  MemoryAccount input_account_;
  RoomShares shares_;
  std::vector<Namespace> namespaces_;                                  // the plain one first
  std::unordered_map<std::string_view, std::unique_ptr<Room>> rooms_;  // keyed by the room's own name
  Counters counters_{kinds_};
  RoomLists::Dirty now_;    // rooms that were quiet, those with much to send and those whose time has come
  RoomLists::Dirty later_;  // rooms that wait for flush_interval
  size_t occupied_ = 0;
  RoomLists::Asked asked_;
  size_t presence_bytes_ = 0;
  RoomLists::Vacant vacant_;                   // rooms without members, in the order in which the last one left
  std::set<std::pair<Time, Room*>> absences_;  // rooms with absent clients, by when the first is gone for good
  struct AbsentKey {
    const Room* room;
    const Identity* identity;
    bool operator==(const AbsentKey& other) const { return room == other.room && identity == other.identity; }
  };
  struct AbsentHash {
    size_t operator()(const AbsentKey& key) const {
      return std::hash<const void*>()(key.room) * 31 + std::hash<const void*>()(key.identity);
    }
  };
  std::unordered_map<AbsentKey, std::list<Room::Absent>::iterator, AbsentHash> absent_;  // all of them
  std::unordered_map<std::string_view, Client*> introduced_;                             // by their identities' own ids
  Departed departed_;
  bool in_room_ = false;  // walking through a room's members: no room ends now
  Random random_;
  Lifetime lifetime_;
};

}  // namespace lws_chat
