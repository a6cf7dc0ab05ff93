#include "core/room/room_table.h"

#include <algorithm>
#include <set>
#include <utility>

namespace lws_chat {

RoomTable::RoomTable(const HubSettings& settings, const StreamKinds& kinds, Memory& memory, FlushQueue& queue,
                     Presence& presence, Broker& broker, Random& random)
    : settings_(settings),
      kinds_(kinds),
      memory_(memory),
      queue_(queue),
      presence_(presence),
      broker_(broker),
      random_(random),
      shares_(settings.max_rooms_per_origin) {
  namespaces_.push_back({&settings.rooms, {}});
  for (const auto& space : settings.namespaces) namespaces_.push_back({&space.second, {}});
}

const RoomSettings& RoomTable::settings_of(std::string_view name) const { return settings_.of(name); }

const Room* RoomTable::find(std::string_view name) const {
  auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

Room* RoomTable::find(std::string_view name) { return const_cast<Room*>(std::as_const(*this).find(name)); }

// Returns true if there may be one more room without another being forgotten.
bool RoomTable::has_place_left(size_t name_length) const {
  return rooms_.size() < settings_.max_rooms && Room::cost(name_length) <= memory_.clients.left();
}

bool RoomTable::has_place(std::string_view name, Origin origin) const {
  return find(name) || (shares_.left(origin) > 0 && (has_place_left(name.size()) || vacant_.first()));
}

bool RoomTable::has_places(const std::vector<std::string>& names, Origin origin) const {
  std::set<const Room*> there;
  for (const std::string& name : names)
    if (const Room* room = find(name)) there.insert(room);
  size_t missing = names.size() - there.size();
  if (missing > shares_.left(origin)) return false;
  size_t places = std::min<size_t>(settings_.max_rooms - std::min<size_t>(settings_.max_rooms, rooms_.size()),
                                   memory_.clients.left() / Room::cost(kMaxRoomName));
  for (const Room* room = vacant_.first(); room && places < missing; room = room->table_slot.vacant_.next())
    if (there.count(room) == 0) ++places;
  return places >= missing;
}

Room* RoomTable::open(std::string_view name, Origin origin) {
  auto found = rooms_.find(name);
  if (found != rooms_.end()) return found->second.get();
  if (!has_place(name, origin)) return nullptr;
  bool one_more = has_place_left(name.size());
  size_t group = settings_.namespace_of(name);
  auto made =
      std::make_unique<Room>(memory_, kinds_, *namespaces_[group].settings, std::string(name), random_epoch(random_));
  std::string_view key = made->name();
  shares_.take(origin);
  made->table_slot.maker_ = origin;
  made->table_slot.group_ = group;
  try {
    Room* room = rooms_.emplace(key, std::move(made)).first->second.get();
    if (!one_more) forget(*vacant_.first());
    return room;
  } catch (...) {
    shares_.give_back(origin);
    throw;
  }
}

void RoomTable::note_join(Room& room) {
  vacant_.remove(room.table_slot.vacant_);
  occupied_ += room.members().size() == 1;
}

void RoomTable::note_leave(Room& room, Time now) {
  if (!room.members().empty()) return;
  --occupied_;
  if (room.table_slot.promised_) remember(room, now);
}

void RoomTable::promise(Room& room) { room.table_slot.promised_ = true; }

void RoomTable::note_message(Room& room, Time now) {
  if (!room.history().empty() || (room.table_slot.promised_ && room.members().empty()))
    remember(room, now);
  else
    remembered(room).remove(room.table_slot.remembered_);
}

void RoomTable::note_no_history(Room& room) {
  if (!room.table_slot.promised_) remembered(room).remove(room.table_slot.remembered_);
  forget_unused(room);
}

// The room has something that may be asked for later.
void RoomTable::remember(Room& room, Time now) {
  // The broker remembers it.
  if (room.settings().shared) return;
  room.table_slot.touched_at_ = now;
  remembered(room).remove(room.table_slot.remembered_);
  remembered(room).push(room, room.table_slot.remembered_);
}

// Forgets everything of a room without members, and with that the room.
void RoomTable::forget(Room& room) {
  room.history().clear();
  remembered(room).remove(room.table_slot.remembered_);
  presence_.forget(room);
  forget_unused(room);
}

void RoomTable::close(Room& room) {
  if (!room.usable()) return;
  broker_.close(room);
  room.opening_slot.close();
}

void RoomTable::forget_unused(Room& room) {
  if (!room.members().empty() || FlushQueue::holds(room) || room.busy()) return;
  // A client may leave other rooms than the one that is walked through: the next flush looks at them.
  if (walking_) return queue_.push_unused(room);
  RoomSlot& slot = room.table_slot;
  if (slot.remembered_.listed() || !room.absent().empty()) {
    if (!slot.vacant_.listed()) vacant_.push(room, slot.vacant_);
    return;
  }
  vacant_.remove(slot.vacant_);
  shares_.give_back(slot.maker_);
  presence_.forget_lists(room);
  close(room);
  rooms_.erase(rooms_.find(room.name()));
}

void RoomTable::expire(Time now) {
  for (Namespace& group : namespaces_) {
    while (Room* room = group.remembered.first()) {
      if (room->table_slot.touched_at_ + group.settings->history.age > now) break;
      room->history().expire(now);
      room->history().clear();
      group.remembered.remove(room->table_slot.remembered_);
      forget_unused(*room);
    }
  }
}

Time RoomTable::due() const {
  Time due = kNever;
  for (const Namespace& group : namespaces_)
    if (const Room* room = group.remembered.first())
      due = std::min(due, room->table_slot.touched_at_ + group.settings->history.age);
  return due;
}

RoomTable::Walk::Walk(RoomTable& table, Room& room) : table_(table), room_(room) {
  table_.walking_ = true;
  room_.streams().hold();
}

RoomTable::Walk::~Walk() {
  room_.streams().release();
  table_.walking_ = false;
}

}  // namespace lws_chat
