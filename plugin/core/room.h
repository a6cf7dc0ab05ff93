#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/client.h"
#include "core/history.h"
#include "core/message.h"
#include "core/stream.h"

namespace lws_chat {

// Whether a text may name a room: UTF-8 of 1 to 255 bytes without control characters and without '/'.
bool is_room_name(std::string_view name);

// A room's place in a list of rooms.
struct RoomLink {
  Room* previous = nullptr;
  Room* next = nullptr;
  bool listed = false;
};

// Members, what they are sent, and the last messages. Knows its members by plain pointers; a client
// leaves before it dies.
class Room {
 public:
  Room(BlockPool& pool, const History::Limits& limits, std::string name, std::string epoch)
      : name_(std::move(name)), epoch_(std::move(epoch)), stream_(pool, this), history_(pool, this, limits) {}

  const std::string& name() const { return name_; }
  const std::vector<Client*>& members() const { return members_; }
  const Stream& stream() const { return stream_; }
  const History& history() const { return history_; }

  // Names this life of the room: an offset means something only together with it.
  const std::string& epoch() const { return epoch_; }

 private:
  friend class Hub;
  friend class Client;
  friend struct RoomLists;

  void add(Client& client);
  void remove(Client& client);
  void place(Client& client, size_t index);

  std::string name_;
  std::string epoch_;
  Stream stream_;
  History history_;
  std::vector<Client*> members_;
  size_t next_ = 0;  // of members_, in a flush that is under way; those before it have been served
  Time flushed_at_ = -1;
  Time published_at_ = 0;
  Time due_ = 0;
  size_t waiting_ = 0;  // messages published since the last flush began
  bool again_ = false;  // something came while a flush was under way
  RoomLink dirty_;      // in one of the hub's queues of dirty rooms
  RoomLink historic_;   // in the hub's list of rooms with a history
  RoomLink vacant_;     // in the hub's list of those of them without members
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
  using Historic = RoomList<&Room::historic_>;
  using Vacant = RoomList<&Room::vacant_>;
};

}  // namespace lws_chat
