#include "core/room/delivery.h"

#include <exception>
#include <string>
#include <utility>

#include "core/room/reclaim.h"

namespace lws_chat {

Delivery::Delivery(Memory& memory, RoomTable& table, FlushQueue& queue, Presence& presence, Membership& membership,
                   Reclaim& reclaim, Schedule& schedule, Counters& counters, Journal* journal)
    : memory_(memory),
      table_(table),
      queue_(queue),
      presence_(presence),
      membership_(membership),
      reclaim_(reclaim),
      schedule_(schedule),
      counters_(counters),
      journal_(journal) {}

Room* Delivery::opened(std::string_view name) { return table_.find(name); }

void Delivery::begin(Room& room, const Position& position, const std::vector<KeptMessage>& last, Time now) {
  room.history().restart(position.offset - last.size());
  for (const KeptMessage& message : last) room.history().add(message.view(), now);
  room.set_epoch(position.epoch);
}

void Delivery::told(Room& room, Event::Kind kind, std::string_view who, Time now) {
  Schedule::Wake wake(schedule_);
  presence_.told(room, kind, who, now);
}

Deferred<Published> Delivery::deliver(Room& room, uint64_t offset, const Message& message, Time now) {
  Schedule::Wake wake(schedule_);
  if (!message.ephemeral && offset < room.next_offset()) return pass_over(room, now);
  bool written_first = room.delivery_slot.waits() || (journal_ && room.settings().is_durable() && !message.ephemeral);
  return written_first ? write_first(room, offset, message, now) : show(room, message, now);
}

Deferred<Published> Delivery::pass_over(Room& room, Time now) {
  if (!room.delivery_slot.waits()) return Published{Status::kOk, {room.epoch(), room.history().top()}, 0, now};
  auto item = std::make_shared<Slot::Item>(Message{}, memory_.input);
  item->passed_over = true;
  line_up(room, item);
  return answer_later(room, item, Status::kOk);
}

// What can fail comes before the journal has the message.
Deferred<Published> Delivery::write_first(Room& room, uint64_t offset, const Message& message, Time now) {
  if (room.delivery_slot.fails()) return Published{Status::kUnavailable, {}, 0, now};
  auto item = std::make_shared<Slot::Item>(message, memory_.input);
  if (!item->bytes.may_be(item->message.bytes())) return Published{Status::kNoMemory, {}, 0, now};
  item->bytes.set(item->message.bytes());
  bool first = !room.delivery_slot.waits();
  line_up(room, item);
  Deferred<Status> written = Status::kOk;
  if (journal_ && !message.ephemeral)
    written = journal_->append(room.name(), room.settings().history, {room.epoch(), offset}, message);
  if (!written.ready() || !first) return answer_later(room, item, std::move(written));
  room.delivery_slot.unwritten_.reset();
  if (written.value() != Status::kOk) return Published{written.value(), {}, 0, now};
  return show_kept(room, *item, now);
}

void Delivery::line_up(Room& room, const std::shared_ptr<Slot::Item>& item) {
  std::unique_ptr<Slot::Unwritten>& unwritten = room.delivery_slot.unwritten_;
  if (!unwritten) unwritten = std::make_unique<Slot::Unwritten>();
  unwritten->items.push_back(item);
  if (!item->numbered()) return;
  ++unwritten->numbered;
  unwritten->last_item = item;
  unwritten->last = item->message.view();
}

Deferred<Published> Delivery::answer_later(Room& room, const std::shared_ptr<Slot::Item>& item,
                                           Deferred<Status> written) {
  // The journal may outlive the hub, with its memory account.
  auto answer = [this, waiting = std::weak_ptr<Slot::Item>(item), name = room.name()](Status status) {
    std::shared_ptr<Slot::Item> answered = waiting.lock();
    if (!answered) return;
    answered->status = status;
    answered->answered = true;
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
    unwritten->items.pop_front();
    unwritten->numbered -= item->numbered();
    if (unwritten->items.empty()) unwritten.reset();
    Published published = show_kept(*room, *item, now);
    // It may have cost the room its place, and whoever is told may publish again.
    item->promise.keep(published);
    room = table_.find(name);
    if (room) table_.forget_unused(*room);
    room = table_.find(name);
  }
}

// The journal has the message. If there is no memory to show it, the readers come back for it.
Published Delivery::show_kept(Room& room, const Slot::Item& item, Time now) {
  if (item.passed_over) return {Status::kOk, {room.epoch(), room.history().top()}, 0, now};
  Position next{room.epoch(), room.history().top() + 1};
  try {
    return show(room, item.message.view(), now);
  } catch (const std::exception&) {
    if (!item.numbered()) return {Status::kInternalError, {}, 0, now};
    moved(room, {{}, next.offset}, now);
    return {Status::kOk, std::move(next), 0, now};
  }
}

// Messages that wait behind one that could not be written fail with it: it would otherwise leave a hole in the room's
// offsets. Until their publishers know it, further messages fail, too: a publisher that tries again would otherwise
// change the order of its messages.
void Delivery::fail_unwritten(Room& room, Status why, Time now) {
  std::unique_ptr<Slot::Unwritten> failed = std::move(room.delivery_slot.unwritten_);
  room.delivery_slot.fails_ = true;
  for (const auto& one : failed->items) one->promise.keep({why, {}, 0, now});
  schedule_.do_later([this, name = room.name()](Time) {
    Room* told = table_.find(name);
    told->delivery_slot.fails_ = false;
    table_.forget_unused(*told);
  });
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

// Messages that are published meanwhile stay. Those that wait may fail, so that their offsets say nothing.
Deferred<Status> Delivery::forget(Room& room) {
  Schedule::Wake wake(schedule_);
  Deferred<Status> gone = Status::kOk;
  uint64_t next = room.history().top() + 1;
  if (room.durable()) gone = journal_->forget(room.name());
  room.history().clear();
  if (gone.ready()) {
    if (room.durable() && gone.value() == Status::kOk) room.set_first_in_journal(next);
    table_.note_no_history(room);
    return gone;
  }
  ++room.delivery_slot.forgetting_;
  table_.note_no_history(room);
  Promise<Status> promise;
  gone.then(schedule_.lifetime(), [this, promise, next, name = room.name()](Status status) {
    schedule_.do_later([this, promise, next, name, status](Time) mutable {
      Room* left = table_.find(name);
      --left->delivery_slot.forgetting_;
      if (status == Status::kOk) left->set_first_in_journal(next);
      table_.forget_unused(*left);
      promise.keep(status);
    });
  });
  return promise.deferred();
}

void Delivery::trimmed(std::string_view name, uint64_t first) {
  Room* room = table_.find(name);
  if (room && room->durable()) room->set_first_in_journal(first);
}

// Who comes back to a shared room waits until it has begun again, so that it finds the messages that nodes have.
void Delivery::moved(Room& room, const Position& position, Time now) {
  Schedule::Wake wake(schedule_);
  if (room.settings().shared) table_.close(room);
  room.history().restart(position.offset);
  if (!position.epoch.empty()) room.set_epoch(position.epoch);
  {
    RoomTable::Walk walk(table_, room);
    for (size_t i = room.members().size(); i-- > 0;) membership_.dismiss(*room.members()[i], {Status::kGap}, now);
  }
  table_.forget_unused(room);
}

// They read on where they are: the room has all messages.
bool Delivery::missed_changes(Room& room, Time now) {
  if (!room.settings().join_leave || !room.streams().tell_joins()) return false;
  Schedule::Wake wake(schedule_);
  {
    RoomTable::Walk walk(table_, room);
    for (size_t i = room.members().size(); i-- > 0;) {
      Client& member = *room.members()[i];
      if (room.streams().kind(member.kind()).joins) membership_.dismiss(member, {Status::kGap}, now);
    }
  }
  table_.forget_unused(room);
  return true;
}

}  // namespace lws_chat
