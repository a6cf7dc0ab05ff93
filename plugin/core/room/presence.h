#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/ending.h"
#include "core/identity.h"
#include "core/memory.h"
#include "core/room/flush_queue.h"
#include "core/room/present_records.h"
#include "core/room/room_list.h"
#include "core/shared_presence.h"

namespace lws_chat {

class Client;
class Room;

// A member that lost its connection, and counts as present until this time.
struct Absent {
  IdentityPtr identity;
  Time until;
  bool recorded;  // there is a record that it is present
};

// Answers of a dialect about who is in a room, kept until somebody comes or goes.
struct PresenceLists {
  explicit PresenceLists(MemoryAccount& account) : charge(account) {}

  std::string list;       // the list of all members; empty: not made yet
  int64_t users = -1;     // number of different users; -1: not counted yet
  size_t clients = 0;     // number of members that others see; counted with the users
  bool too_long = false;  // the list would be too long to send
  MemoryAccount::Charge charge;
  Time asked_at = 0;  // when somebody last asked for these answers
};

// Knows who is in the rooms of a hub: members by their ids, and members whose connection is lost. Tells others who
// comes and goes.
class Presence {
 public:
  // A room's state in Presence.
  class Slot {
   public:
    // The absent members, in the order in which they left.
    const std::list<Absent>& absent() const { return absent_; }

   private:
    friend class Presence;
    std::list<Absent> absent_;
    std::unique_ptr<PresenceLists> lists_;
    RoomLink asked_;  // the room's place in Presence::asked_
  };

  // Lists that nobody has asked for during this time are forgotten; microseconds.
  static constexpr Time kKeepLists = 10'000'000;

  // `records` and `shared` may be nullptr.
  Presence(Memory& memory, FlushQueue& queue, Records* records, SharedPresence* shared);

  // Gives an identity to a client that nobody has been told of before. While it is in its room, introduced() finds it.
  void introduce(Client& client, IdentityPtr identity);
  Client* introduced(std::string_view id) const;

  // The client is a member of its room now: tells those who want to know, unless it only came back.
  void came(Client& client, Time now);

  // The client is no member of the room any more. Does not fail: members that cannot be told for want of memory are
  // dismissed by the next flush.
  void left(Room& room, Client& client, Departure departure, Time now);

  // Somebody has come into a room that nodes share, or has left it, on any node: tells those who want to know. `who` is
  // an Identity::json.
  void told(Room& room, Event::Kind kind, std::string_view who, Time now);

  // Brings back the clients that were present when a former process ended: they are absent for their room's
  // presence-grace. `open` gives a room, or nullptr.
  void bring_back(Time now, const std::function<Room*(std::string_view room)>& open);

  // Takes back came(), and tells nobody.
  void withdraw(Room& room, Client& client);

  // The answers that are known about the room, empty if somebody came or went since. `fill` adds to them.
  template <typename Fill>
  const PresenceLists& lists(Room& room, Time now, Fill&& fill) {
    PresenceLists& known = ask(room, now);
    fill(known);
    count(room);
    return known;
  }
  void forget_lists(Room& room);

  // Frees the lists that were asked for longest ago. Returns false if there are none.
  bool forget_oldest_lists();

  // Forgets the lists and the absent members of a room.
  void forget(Room& room);

  // A client with this key has lost its connection. It is the same one if it comes back by then.
  void depart(std::string_view key, const IdentityPtr& who, Time until, Time now);

  // The client with this key comes back, perhaps from another node; nullptr: it does not.
  Deferred<IdentityPtr> take_back(std::string_view key, Time now);

  // For sessions with a name, see SharedPresence: the session is here now; it is over, and cannot come back.
  void arrive(std::string_view key, const IdentityPtr& who, Time now);
  void end(std::string_view key);

  // Who is in a room that nodes share, on all nodes. Precondition: some rooms are shared.
  SharedPresence& on_all_nodes() { return *shared_; }

  // When expire() has something to do; kNever: nothing waits.
  Time due() const;

  // Forgets what is too old. Absent members have left, and `emptied` is called for each room that they were in.
  void expire(Time now, const std::function<void(Room&)>& emptied);

 private:
  struct Key {
    const Room* room;
    std::string_view client;  // the id, which the entry's identity has
    bool operator==(const Key& other) const { return room == other.room && client == other.client; }
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.room) * 31 + std::hash<std::string_view>()(key.client);
    }
  };

  PresenceLists& ask(Room& room, Time now);
  void count(Room& room);
  void tell(Room& room, Event::Kind kind, std::string_view about, Time now);
  void tell_of_leave(Room& room, std::string_view about, Time now);
  void came_on_this_node(Room& room, Client& client, Time now);
  void gone(Room& room, const IdentityPtr& who, Time now);
  [[nodiscard]] bool note_absent(Room& room, const Absent& who);
  [[nodiscard]] bool take_back(Room& room, Client& client);
  void record(Room& room, Client& client);
  void forget_record(const Room& room, const Absent& who);
  void follow_first_absent(Room& room, Time before);
  void expire_absent(Room& room, Time now);

  Memory& memory_;
  FlushQueue& queue_;
  RoomList asked_;                             // rooms with lists, by when these were last asked for
  std::set<std::pair<Time, Room*>> absences_;  // rooms with absent members, by when the first of them is gone
  std::unordered_map<Key, std::list<Absent>::iterator, Hash> absent_;
  std::unordered_map<std::string_view, Client*> introduced_;  // keyed by the client id in the identity
  Departed departed_;
  PresentRecords records_;
  SharedPresence* shared_;
};

}  // namespace lws_chat
