#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/broker.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/room/flush_queue.h"
#include "core/room/presence.h"
#include "core/room/room.h"
#include "core/room/room_shares.h"
#include "core/settings.h"

namespace lws_chat {

// The rooms of a hub by their names, how many there may be, and which are only remembered: nobody is in them, but they
// have messages, or somebody may come back.
class RoomTable {
 public:
  RoomTable(const HubSettings& settings, const StreamKinds& kinds, Memory& memory, FlushQueue& queue,
            Presence& presence, Broker& broker, Random& random);
  RoomTable(const RoomTable&) = delete;
  RoomTable& operator=(const RoomTable&) = delete;

  // The room of that name, or nullptr.
  const Room* find(std::string_view name) const;
  Room* find(std::string_view name);

  // All rooms, also those that are only remembered, in no order.
  template <typename Told>
  void each(Told&& told) const {
    for (const auto& [name, room] : rooms_) told(*room);
  }
  size_t size() const { return rooms_.size(); }

  // Number of rooms that somebody is in.
  size_t occupied() const { return occupied_; }

  // The settings of a room of that name.
  const RoomSettings& settings_of(std::string_view name) const;

  // Returns true if a client may join: the room is there, or one more may be, or one can be forgotten for it.
  bool has_place(std::string_view name, Origin origin = kNobody) const;

  // Returns true if a client may join all of these rooms together, each named once.
  bool has_places(const std::vector<std::string>& names, Origin origin = kNobody) const;

  // The room of that name, made if it is not there; nullptr if there is no place for it.
  Room* open(std::string_view name, Origin origin);

  // A member has come in; the first one, or the last one, has gone.
  void note_join(Room& room);
  void note_leave(Room& room, Time now);

  // Somebody was given a position of the room, and may come back to it.
  static void promise(Room& room);

  // The room's history has one more message, or what the journal had of it; or it has lost all.
  void note_message(Room& room, Time now);
  void note_no_history(Room& room);

  // The broker forgets the room. Whoever uses it next has it opened anew.
  void close(Room& room);

  // Forgets the room if nobody is in it and it has nothing to remember.
  void forget_unused(Room& room);

  // Forgets histories that are too old as a whole. Messages that are too old in other histories go with their room's
  // next message or reader.
  void expire(Time now);

  // When expire() has something to do; kNever: nothing waits.
  Time due() const;

  bool walking() const { return walking_; }

  // While a room's members are walked through, no room ends, and what the streams hold stays where it is.
  class Walk {
   public:
    Walk(RoomTable& table, Room& room);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

   private:
    RoomTable& table_;
    Room& room_;
  };

 private:
  // Rooms whose names begin with "name:" or, in the plain namespace, with none that has settings of its own.
  struct Namespace {
    const RoomSettings* settings;
    RoomList remembered;  // rooms with something to remember, in the order in which they were touched
  };

  RoomList& remembered(const Room& room) { return namespaces_[room.table_slot.group_].remembered; }
  bool has_place_left(size_t name_length) const;
  void remember(Room& room, Time now);
  void forget(Room& room);

  const HubSettings& settings_;
  const StreamKinds& kinds_;
  Memory& memory_;
  FlushQueue& queue_;
  Presence& presence_;
  Broker& broker_;
  Random& random_;
  RoomShares shares_;
  std::vector<Namespace> namespaces_;                                  // by HubSettings::namespace_of()
  std::unordered_map<std::string_view, std::unique_ptr<Room>> rooms_;  // keyed by Room::name()
  RoomList vacant_;  // remembered rooms without members, in the order in which the last one left
  size_t occupied_ = 0;
  bool walking_ = false;  // a Walk exists, so no room ends now
};

}  // namespace lws_chat
