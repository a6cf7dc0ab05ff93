#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/counters.h"
#include "core/random.h"
#include "core/room.h"
#include "core/settings.h"

namespace lws_chat {

// Rooms, who is in them, and when they are sent out. Knows no sockets and no clock: connections are
// Clients, time comes in as an argument.
class Hub {
 public:
  using Settings = HubSettings;

  struct Encoders {
    Encode text;
    Encode structured;
    Encode events;
  };

  // How somebody leaves: for good, or by a lost connection, which may be back soon.
  enum class Departure { kFinal, kMayReturn };

  static constexpr Time kNever = std::numeric_limits<Time>::max();

  // A room with so many messages to send does not wait for more: what it costs to reach a member once is by
  // then small beside what the messages cost.
  static constexpr size_t kEnough = 16;

  Hub(const Settings& settings, const Encoders& encoders, Fanout* fanout = nullptr);
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

  // Puts the client into the room, made if it is not there, and gives it the room's last `replay`
  // messages as far as the history has them. kTooManyRooms if there is no place.
  Status join(Client& client, std::string_view room, uint64_t replay, Time now, Origin origin = kNobody);

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

  // A message of a member for its room; nothing is sent before the flush. If it throws, nobody gets it.
  void publish(Room& room, const Message& message, Time now);

  // A message from elsewhere for the room of that name, made if it is not there. kTooManyRooms if there is no
  // place for it.
  Status publish_to(std::string_view room, const Message& message, Time now);

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

 private:
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

  // Takes back what was appended to a room's streams, unless it is kept: an event reaches all or nobody.
  class Attempt {
   public:
    explicit Attempt(Room& room);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    void keep() { kept_ = true; }

   private:
    Room& room_;
    std::array<Stream::Mark, kAudiences> marks_;
    bool kept_ = false;
  };

  Namespace& namespace_of(std::string_view room);
  bool has_room_left(size_t name_length) const;
  Room* open(std::string_view name, Origin origin);
  Encode encoder(Audience audience) const;
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
  void append(Room& room, const Event& event);
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
  Encoders encoders_;
  Fanout* fanout_;
  BlockPool pool_;
  MemoryAccount account_;
  MemoryAccount input_account_;
  RoomShares shares_;
  std::vector<Namespace> namespaces_;                                  // the plain one first
  std::unordered_map<std::string_view, std::unique_ptr<Room>> rooms_;  // keyed by the room's own name
  Counters counters_;
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
};

}  // namespace lws_chat
