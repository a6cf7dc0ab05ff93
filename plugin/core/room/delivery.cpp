#include "core/room/delivery.h"

#include <string>
#include <utility>

#include "core/room/reclaim.h"

namespace lws_chat {

Delivery::Delivery(RoomTable& table, FlushQueue& queue, Membership& membership, Reclaim& reclaim, Schedule& schedule,
                   Counters& counters, Journal* journal)
    : table_(table),
      queue_(queue),
      membership_(membership),
      reclaim_(reclaim),
      schedule_(schedule),
      counters_(counters),
      journal_(journal) {}

Room* Delivery::opened(std::string_view name) { return table_.find(name); }

Deferred<Published> Delivery::deliver(Room& room, uint64_t offset, const Message& message, Time now) {
  Schedule::Wake wake(schedule_);
  if (!message.ephemeral && offset < room.next_offset()) return Published{Status::kOk, {room.epoch(), offset}, 0, now};
  bool written_first = room.delivery_slot.waits() || (journal_ && room.settings().durable && !message.ephemeral);
  return written_first ? write_first(room, offset, message, now) : show(room, message, now);
}

Deferred<Published> Delivery::write_first(Room& room, uint64_t offset, const Message& message, Time now) {
  std::unique_ptr<Slot::Unwritten>& unwritten = room.delivery_slot.unwritten_;
  Deferred<Status> written = Status::kOk;
  if (journal_ && !message.ephemeral)
    written = journal_->append(room.name(), room.settings().history, {room.epoch(), offset}, message);
  if (written.ready() && !unwritten) {
    if (written.value() != Status::kOk) return Published{written.value(), {}, 0, now};
    return show(room, message, now);
  }
  auto item = std::make_shared<Slot::Item>(message);
  if (!unwritten) unwritten = std::make_unique<Slot::Unwritten>();
  unwritten->items.push_back(item);
  unwritten->numbered += !message.ephemeral;
  auto answer = [this, item, name = room.name()](Status status) {
    item->status = status;
    item->answered = true;
    schedule_.do_later([this, name](Time then) { show_written(name, then); });
  };
  written.then(schedule_.lifetime(), std::move(answer));
  return item->promise.deferred();
}

// Shows the messages that are written, in order.
void Delivery::show_written(std::string_view name, Time now) {
  Room* room = table_.find(name);
  while (room && room->delivery_slot.waits() && room->delivery_slot.unwritten_->items.front()->answered) {
    std::unique_ptr<Slot::Unwritten>& unwritten = room->delivery_slot.unwritten_;
    std::shared_ptr<Slot::Item> item = unwritten->items.front();
    if (item->status != Status::kOk) return fail_unwritten(*room, item->status, now);
    Message message = item->message.view();
    unwritten->items.pop_front();
    unwritten->numbered -= !message.ephemeral;
    if (unwritten->items.empty()) unwritten.reset();
    Published published = show(*room, message, now);
    // It may have cost the room its place, and whoever is told may publish again.
    item->promise.keep(published);
    room = table_.find(name);
    if (room) table_.forget_unused(*room);
    room = table_.find(name);
  }
}

// Messages that wait behind one that could not be written fail with it: it would otherwise leave a hole in the room's
// offsets.
void Delivery::fail_unwritten(Room& room, Status why, Time now) {
  std::unique_ptr<Slot::Unwritten> failed = std::move(room.delivery_slot.unwritten_);
  table_.forget_unused(room);
  for (const auto& one : failed->items) one->promise.keep({why, {}, 0, now});
}

// Appends the message to the history and to the streams of all readers, or to none.
Published Delivery::show(Room& room, const Message& message, Time now) {
  bool kept = room.settings().history.messages > 0 && !message.ephemeral;
  uint64_t offset = kept ? room.history().top() + 1 : 0;
  size_t readers = room.members().size();
  {
    // Steps that can fail come first.
    RoomStreams::Attempt attempt(room.streams());
    if (readers > 0) room.streams().append({Event::Kind::kPublication, room.name(), message, offset, room.epoch()});
    if (!message.ephemeral) room.history().add(message, now);
    attempt.keep();
  }
  Published published{Status::kOk, {}, readers, now};
  if (kept) published.position = {room.epoch(), offset};
  ++counters_.messages_in;
  counters_.bytes_in += message.payload.size();
  table_.note_message(room, now);
  if (readers > 0) {
    counters_.deliveries += readers;
    queue_.note_message(room, now);
  }
  reclaim_.run_if_needed(now);
  return published;
}

void Delivery::moved(Room& room, const Position& position, Time now) {
  Schedule::Wake wake(schedule_);
  room.history().restart(position.offset);
  if (!position.epoch.empty()) room.set_epoch(position.epoch);
  {
    RoomTable::Walk walk(table_, room);
    for (size_t i = room.members().size(); i-- > 0;) membership_.dismiss(*room.members()[i], {Status::kGap}, now);
  }
  table_.forget_unused(room);
}

}  // namespace lws_chat
