#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/history.h"
#include "core/memory.h"
#include "core/publication.h"
#include "core/room/client.h"
#include "core/room/delivery.h"
#include "core/room/flush_queue.h"
#include "core/room/opening.h"
#include "core/room/presence.h"
#include "core/room/room_list.h"
#include "core/room/room_name.h"
#include "core/room/room_shares.h"
#include "core/room/streams.h"
#include "core/settings.h"

namespace lws_chat {

// A room's state in the table of rooms.
class RoomSlot {
  friend class RoomTable;
  Origin maker_ = kNobody;
  size_t group_ = 0;       // index of its namespace
  RoomLink remembered_;    // place in its namespace's list of rooms with something to remember
  RoomLink vacant_;        // place in the list of remembered rooms without members
  Time touched_at_ = 0;    // time of the last event worth remembering
  bool promised_ = false;  // somebody was given a position, and may come back to it
};

// A room: its members, the streams that they read, and the last messages. It knows its members by plain pointers; a
// client leaves before it dies.
class Room {
 public:
  Room(Memory& memory, const StreamKinds& kinds, const RoomSettings& settings, std::string name, std::string epoch);
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // Bytes that a room with a name of that length costs, without its content.
  static size_t cost(size_t name_length);

  const std::string& name() const { return name_; }
  const RoomSettings& settings() const { return settings_; }
  RoomStreams& streams() { return streams_; }
  const History& history() const { return history_; }
  History& history() { return history_; }

  // Names this life of the room: an offset means something only together with it.
  const std::string& epoch() const { return epoch_; }

  // The offset of the next message. Messages that wait for the journal have theirs already.
  uint64_t next_offset() const { return history_.top() + 1 + delivery_slot.numbered(); }

  void set_epoch(std::string_view epoch) { epoch_ = epoch; }

  // Offset of the oldest message that can be read, in memory or in the journal; one more than the last one: there is
  // none.
  uint64_t first_kept() const;

  // The journal keeps the room, with the messages from this offset on. What is gone does not come back.
  void set_first_in_journal(uint64_t first) { first_in_journal_ = std::max(first_in_journal_, first); }
  bool durable() const { return first_in_journal_ > 0; }

  // Returns true if the message is late: see History::is_outdated(). Messages that wait for the journal count, too.
  bool is_outdated(const Message& message) const;

  // Broker and journal know the room.
  bool usable() const { return opening_slot.usable(); }

  // Something of the room is under way at the broker or the journal, so that it cannot end.
  bool busy() const {
    return delivery_slot.fails() || opening_slot.waits() || delivery_slot.waits() || delivery_slot.forgets();
  }

  const std::vector<Client*>& members() const { return members_; }
  void add(Client& client);
  void remove(Client& client);

  // A member that has read all of its stream goes on with the next kind, see StreamKind::next. Does not fail.
  void change_stream(Client& client);

  // Members whose connection is lost, and who still count as present.
  const std::list<Absent>& absent() const { return presence_slot.absent(); }

  // A flush serves the members one after the other. Members may come and go meanwhile: those that were there at its
  // beginning and stay are served once.
  size_t served() const { return served_; }
  bool all_served() const { return served_ >= members_.size(); }
  Client& serve_next() { return *members_[served_++]; }
  void serve_from_start() { served_ = 0; }

  // The state of the hub's parts for this room. Only its own part changes it.
  RoomSlot table_slot;
  FlushQueue::Slot flush_slot;
  Presence::Slot presence_slot;
  Opening::Slot opening_slot;
  Delivery::Slot delivery_slot;

 private:
  void place(Client& client, size_t index);

  MemoryAccount::Charge charge_;
  const std::string name_;
  std::string epoch_;
  const RoomSettings& settings_;
  RoomStreams streams_;
  History history_;
  uint64_t first_in_journal_ = 0;  // 0: the journal does not keep the room
  std::vector<Client*> members_;
  size_t served_ = 0;  // members before this one have been served in the flush that is under way
};

}  // namespace lws_chat
