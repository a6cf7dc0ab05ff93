#include "core/room/opening.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/room/room_table.h"
#include "core/schedule.h"

namespace lws_chat {

Opening::Opening(RoomTable& table, Schedule& schedule, Broker& broker, Journal* journal)
    : table_(table), schedule_(schedule), broker_(broker), journal_(journal) {}

Deferred<Status> Opening::make_usable(Room& room, Time now) {
  Slot& slot = room.opening_slot;
  if (slot.usable_) return Status::kOk;
  if (slot.waiting_) {
    slot.waiting_->emplace_back();
    return slot.waiting_->back().deferred();
  }
  return journal_ && room.settings().is_durable() ? restore(room, now) : ask_broker(room, now);
}

Deferred<Status> Opening::look_up(std::string_view name, Origin origin, Time now) {
  const RoomSettings& settings = table_.settings_of(name);
  if (!settings.shared && (!journal_ || !settings.is_durable())) return Status::kOk;
  Room* room = table_.open(name, origin);
  if (!room) return Status::kTooManyRooms;
  if (room->usable()) return Status::kOk;
  Schedule::Wake wake(schedule_);
  Deferred<Status> usable = make_usable(*room, now);
  if (usable.ready()) forget_later(name);
  return usable;
}

// Somebody is the first to wait for the room.
Deferred<Status> Opening::begin(Room& room) {
  room.opening_slot.waiting_ = std::make_unique<Slot::Waiting>();
  room.opening_slot.waiting_->emplace_back();
  return room.opening_slot.waiting_->back().deferred();
}

Deferred<Status> Opening::restore(Room& room, Time now) {
  // A copy, because the room may end.
  std::string name = room.name();
  // The time of the answer is not known yet: times are relative to it.
  auto take = [this, name](uint64_t offset, const Message& message, Time age) {
    Room* found = table_.find(name);
    if (!found) return;
    History& history = found->history();
    if (history.top() + 1 != offset) history.restart(offset - 1);
    history.add(message, -age);
  };
  Deferred<Journal::Restored> kept = journal_->restore(room.name(), room.settings(), room.epoch(), take);
  if (kept.ready()) {
    if (kept.value().status != Status::kOk) return kept.value().status;
    take_over(room, kept.value(), now);
    return ask_broker(room, now);
  }
  Deferred<Status> usable = begin(room);
  kept.then(schedule_.lifetime(), [this, name](const Journal::Restored& late) {
    schedule_.do_later([this, name, late](Time then) { restored(name, late, then); });
  });
  return usable;
}

void Opening::restored(std::string_view name, const Journal::Restored& restored, Time now) {
  Room* room = table_.find(name);
  if (!room) return;
  if (restored.status != Status::kOk) return finish(name, restored.status);
  take_over(*room, restored, now);
  ask_broker(*room, now).then(schedule_.lifetime(), [this, copy = std::string(name)](Status status) {
    finish(copy, status);
  });
}

// The room goes on where the journal knows it.
void Opening::take_over(Room& room, const Journal::Restored& restored, Time now) {
  if (room.history().top() != restored.position.offset) room.history().restart(restored.position.offset);
  room.set_first_in_journal(std::max<uint64_t>(restored.first, 1));
  if (!restored.position.epoch.empty()) room.set_epoch(restored.position.epoch);
  room.history().shift_times(now);
  room.history().expire(now);
  table_.note_message(room, now);
}

Deferred<Status> Opening::ask_broker(Room& room, Time now) {
  Deferred<Status> known = broker_.open(room, now);
  Slot& slot = room.opening_slot;
  if (known.ready()) {
    slot.usable_ = known.value() == Status::kOk;
    return known.value();
  }
  if (slot.waiting_) return known;
  Deferred<Status> usable = begin(room);
  known.then(schedule_.lifetime(), [this, name = room.name()](Status status) { finish(name, status); });
  return usable;
}

// Those who waited go on in their order. Those who come meanwhile wait behind them.
void Opening::finish(std::string_view name, Status status) {
  Room* room = table_.find(name);
  if (!room || !room->opening_slot.waiting_) return;
  room->opening_slot.usable_ = status == Status::kOk;
  std::unique_ptr<Slot::Waiting> waiting = std::move(room->opening_slot.waiting_);
  for (Promise<Status>& one : *waiting) one.keep(status);
  forget_later(name);
}

void Opening::forget_later(std::string_view name) {
  schedule_.do_later([this, copy = std::string(name)](Time) {
    if (Room* left = table_.find(copy)) table_.forget_unused(*left);
  });
}

}  // namespace lws_chat
