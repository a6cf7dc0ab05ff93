#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/deferred.h"
#include "core/log/history.h"
#include "core/log/message.h"
#include "core/log/stream.h"
#include "core/memory_account.h"
#include "core/publication.h"
#include "core/room/client.h"
#include "core/room/room_shares.h"
#include "core/settings.h"

namespace lws_chat {

inline constexpr size_t kMaxRoomName = 255;  // bytes

// True if a text may name a room: UTF-8 of 1 to 255 bytes without control characters and without '/'. Clients and
// proxies take "." and ".." out of a URL, so that these could never be reached.
inline constexpr std::string_view kRoomNames =
    "1 to 255 bytes of UTF-8 without / and control characters, and not . or ..";
bool is_room_name(std::string_view name);

// A dialect's knowledge of who is in a room, kept until somebody comes or goes.
struct Presence {
  std::string list;       // of all, as they are told; empty: not made yet
  int64_t users = -1;     // how many different ones; -1: not counted yet
  bool too_long = false;  // the list
  size_t counted = 0;     // bytes that the hub counts for it
  Time asked_at = 0;      // the last time
};

// A room's place in a list of rooms.
struct RoomLink {
  Room* previous = nullptr;
  Room* next = nullptr;
  bool listed = false;
};

struct Namespace;

// Members, what they are sent, and the last messages. Knows its members by plain pointers; a client
// leaves before it dies.
class Room {
 public:
  Room(BlockPool& pool, const StreamKinds& kinds, MemoryAccount& account, Namespace& group, std::string name,
       std::string epoch);

  // Bytes that a room costs as such, of a name of that length.
  static size_t cost(size_t name_length);

  const std::string& name() const { return name_; }
  const RoomSettings& settings() const;
  const std::vector<Client*>& members() const { return members_; }
  const History& history() const { return history_; }

  // Names this life of the room: an offset means something only together with it.
  const std::string& epoch() const { return epoch_; }

  // The offset of the next message; those that wait for the journal have theirs already.
  uint64_t next_offset() const { return history_.top() + 1 + (unwritten_ ? unwritten_->numbered : 0); }

  // Something of it is under way at the broker or the journal, so that it cannot end.
  bool busy() const { return opening_ || unwritten_; }

  // Those who lost their connection and still count as present, in the order in which they left.
  struct Absent {
    IdentityPtr identity;
    Time until;
  };
  const std::list<Absent>& absent() const { return absent_; }

 private:
  friend class Hub;
  friend class Client;
  friend struct RoomLists;

  // Those who wait until the room can be used.
  struct Opening {
    std::deque<Promise<Status>> waiting;
  };

  // Messages that nobody sees before the journal has them.
  struct Unwritten {
    struct Item {
      explicit Item(const Message& of) : message(of) {}
      KeptMessage message;
      Status status = Status::kOk;
      bool answered = false;
      Promise<Published> promise;
    };
    std::deque<std::shared_ptr<Item>> items;
    uint64_t numbered = 0;  // of them, that have an offset
  };

  void add(Client& client);
  void remove(Client& client);
  void place(Client& client, size_t index);

  MemoryAccount::Charge charge_;
  Origin maker_ = kNobody;
  std::string name_;
  std::string epoch_;
  Namespace& namespace_;
  RoomStreams streams_;
  History history_;
  std::vector<Client*> members_;
  std::list<Absent> absent_;
  size_t next_ = 0;  // of members_, in a flush that is under way; those before it have been served
  Time flushed_at_ = -1;
  Time touched_at_ = 0;  // when something happened last that is worth remembering
  Time due_ = 0;
  size_t waiting_ = 0;       // messages published since the last flush began,
  Time waiting_since_ = 0;   // the first of them at this time
  Time serving_since_ = -1;  // and of those that the flush under way sends; -1: there are none
  bool delayed_ = false;     // it is in the queue of those that wait for their time
  bool again_ = false;       // something came while a flush was under way
  bool untold_ = false;      // those who watch could not be told that somebody left
  bool usable_ = false;      // broker and journal know it
  bool promised_ = false;    // somebody was given a position, and may come back to it
  RoomLink dirty_;           // in one of the hub's queues of dirty rooms
  RoomLink remembered_;      // in its namespace's list of rooms with something to remember
  std::unique_ptr<Presence> presence_;
  std::unique_ptr<Opening> opening_;
  std::unique_ptr<Unwritten> unwritten_;
  RoomLink asked_;   // in the hub's list of rooms with a presence, by when it was last asked for
  RoomLink vacant_;  // in the hub's list of those of them without members
};

// Rooms in the order in which they were put in, linked through the rooms themselves.
template <RoomLink Room::*kLink>
class RoomList {
 public:
  Room* first() const { return first_; }

  void push(Room& room) {
    RoomLink& link = room.*kLink;
    link = {last_, nullptr, true};
    (last_ ? (last_->*kLink).next : first_) = &room;
    last_ = &room;
  }

  // Takes the room out, if it is in.
  void remove(Room& room) {
    RoomLink& link = room.*kLink;
    if (!link.listed) return;
    (link.previous ? (link.previous->*kLink).next : first_) = link.next;
    (link.next ? (link.next->*kLink).previous : last_) = link.previous;
    link = {};
  }

 private:
  Room* first_ = nullptr;
  Room* last_ = nullptr;
};

struct RoomLists {
  using Dirty = RoomList<&Room::dirty_>;
  using Remembered = RoomList<&Room::remembered_>;
  using Vacant = RoomList<&Room::vacant_>;
  using Asked = RoomList<&Room::asked_>;
};

// Rooms whose names begin with "name:" or, in the plain namespace, with none that has settings of its own.
struct Namespace {
  std::string name;
  RoomSettings settings;
  RoomLists::Remembered remembered;  // in the order in which they were touched
};

}  // namespace lws_chat
