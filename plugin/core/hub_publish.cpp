// Brings a message into a room: past the gate, the broker and the journal, in this order.
#include <memory>
#include <utility>

#include "core/hub.h"

namespace lws_chat {

// Answers of gate, broker and journal that come late are acted on by the next flush: never in the middle of something
// else, and with a time.
void Hub::do_later(std::function<void(Time)> work) {
  late_.push_back(std::move(work));
  tell_waker();
}

void Hub::do_late_work(Time now) {
  for (size_t left = late_.size(); left > 0; --left) {
    std::function<void(Time)> work = std::move(late_.front());
    late_.pop_front();
    work(now);
  }
}

void Hub::tell_waker() {
  if (!waker_) return;
  Time at = due();
  if (at >= told_) return;
  told_ = at;
  waker_->wake(at);
}

Published Hub::refused(Status why, Time now) {
  ++counters_.refused_by(why);
  return {why, {}, 0, now};
}

Deferred<Published> Hub::publish(const Grant& grant, const Publication& publication, Time now) {
  Wake wake(*this);
  Deferred<Status> verdict = gate_->judge(grant, Action::kPublish, publication.room, &publication.message);
  if (verdict.ready()) {
    if (verdict.value() != Status::kOk) return refused(verdict.value(), now);
    return publish_permitted(publication.room, publication.message, now);
  }
  Promise<Published> promise;
  auto message = std::make_shared<const KeptMessage>(publication.message);
  auto go_on = [this, promise, message, room = std::string(publication.room)](Status status) mutable {
    do_later([this, promise, message, room, status](Time then) mutable {
      if (status != Status::kOk) return promise.keep(refused(status, then));
      publish_permitted(room, message->view(), then).then(lifetime_, [promise](const Published& result) mutable {
        promise.keep(result);
      });
    });
  };
  verdict.then(lifetime_, std::move(go_on));
  return promise.deferred();
}

Deferred<Published> Hub::publish_permitted(std::string_view name, const Message& message, Time now) {
  Room* room = open(name, kNobody);
  if (!room) return refused(Status::kTooManyRooms, now);
  Deferred<Status> usable = make_usable(*room, now);
  if (usable.ready()) {
    if (usable.value() == Status::kOk) return hand_over(*room, message, now);
    retire(*room);
    return refused(usable.value(), now);
  }
  Promise<Published> promise;
  auto kept = std::make_shared<const KeptMessage>(message);
  usable.then(lifetime_, [this, promise, kept, room = std::string(name)](Status status) mutable {
    do_later([this, promise, kept, room, status](Time then) mutable {
      if (status != Status::kOk) return promise.keep(refused(status, then));
      publish_permitted(room, kept->view(), then).then(lifetime_, [promise](const Published& result) mutable {
        promise.keep(result);
      });
    });
  });
  return promise.deferred();
}

Deferred<Published> Hub::hand_over(Room& room, const Message& message, Time now) {
  std::string name = room.members_.empty() ? room.name() : std::string();
  auto tidy = [&] {
    // A room that nobody is in may be gone already, for want of memory; else it is only there for its history.
    if (name.empty()) return;
    if (Room* left = find(name)) retire(*left);
  };
  try {
    Deferred<Published> result = broker_->publish(room, message, now);
    tidy();
    if (result.ready())
      return result.value().status == Status::kOk ? result.value() : refused(result.value().status, now);
    Promise<Published> promise;
    result.then(lifetime_, [this, promise](const Published& published) mutable {
      do_later([this, promise, published](Time then) mutable {
        if (published.status != Status::kOk) return promise.keep(refused(published.status, then));
        Published dated = published;
        dated.at = then;
        promise.keep(dated);
      });
    });
    return promise.deferred();
  } catch (...) {
    tidy();
    throw;
  }
}

Deferred<Published> Hub::deliver(Room& room, uint64_t offset, const Message& message, Time now) {
  Wake wake(*this);
  if (!message.ephemeral && offset < room.next_offset()) return Published{Status::kOk, {room.epoch(), offset}, 0, now};
  bool written_first = room.unwritten_ || (journal_ && room.settings().durable && !message.ephemeral);
  return written_first ? write_first(room, offset, message, now) : show(room, message, now);
}

// In a durable room a message is in the journal before anybody sees it, and those behind it wait for it.
Deferred<Published> Hub::write_first(Room& room, uint64_t offset, const Message& message, Time now) {
  Deferred<Status> written = Status::kOk;
  if (journal_ && !message.ephemeral) written = journal_->append(room.name(), {room.epoch(), offset}, message);
  if (written.ready() && !room.unwritten_) {
    if (written.value() != Status::kOk) return Published{written.value(), {}, 0, now};
    return show(room, message, now);
  }
  auto item = std::make_shared<Room::Unwritten::Item>(message);
  if (!room.unwritten_) room.unwritten_ = std::make_unique<Room::Unwritten>();
  room.unwritten_->items.push_back(item);
  room.unwritten_->numbered += !message.ephemeral;
  auto answer = [this, item, name = room.name()](Status status) {
    item->status = status;
    item->answered = true;
    do_later([this, name](Time then) { show_written(name, then); });
  };
  written.then(lifetime_, std::move(answer));
  return item->promise.deferred();
}

// Shows what has been written, in order. What waits behind a message that could not be written has failed with it: it
// would otherwise leave a hole in the room's offsets.
void Hub::show_written(std::string_view name, Time now) {
  Room* room = find(name);
  while (room && room->unwritten_ && room->unwritten_->items.front()->answered) {
    std::shared_ptr<Room::Unwritten::Item> item = room->unwritten_->items.front();
    if (item->status != Status::kOk) {
      std::unique_ptr<Room::Unwritten> failed = std::move(room->unwritten_);
      retire(*room);
      for (const auto& one : failed->items) one->promise.keep({item->status, {}, 0, now});
      return;
    }
    Message message = item->message.view();
    room->unwritten_->items.pop_front();
    room->unwritten_->numbered -= !message.ephemeral;
    if (room->unwritten_->items.empty()) room->unwritten_.reset();
    Published published = show(*room, message, now);
    // It may have cost the room its place, and who is told may publish again.
    item->promise.keep(published);
    room = find(name);
    if (room) retire(*room);
    room = find(name);
  }
}

// Appends the message to the history and to the streams of all readers, or to none.
Published Hub::show(Room& room, const Message& message, Time now) {
  bool kept = room.settings().history.messages > 0 && !message.ephemeral;
  uint64_t offset = kept ? room.history_.top() + 1 : 0;
  {
    // Steps that can fail come first.
    RoomStreams::Attempt attempt(room.streams_);
    if (!room.members_.empty())
      room.streams_.append({Event::Kind::kPublication, room.name(), message, offset, room.epoch()});
    if (!message.ephemeral) room.history_.add(message, now);
    attempt.keep();
  }
  Published published{Status::kOk, {}, room.members_.size(), now};
  if (kept) published.position = {room.epoch(), offset};
  ++counters_.messages_in;
  counters_.bytes_in += message.payload.size();
  if (!room.history_.empty() || (room.promised_ && room.members_.empty()))
    remember(room, now);
  else
    room.namespace_.remembered.remove(room);
  if (!room.members_.empty()) {
    counters_.deliveries += room.members_.size();
    note_waiting(room, now);
  }
  if (bytes_in_use() > settings_.max_memory) reclaim(now);
  return published;
}

void Hub::moved(Room& room, const Position& position, Time now) {
  Wake wake(*this);
  room.history_.restart(position.offset);
  if (!position.epoch.empty()) room.epoch_ = position.epoch;
  {
    Walk walk(*this, room);
    for (size_t i = room.members_.size(); i-- > 0;) dismiss(*room.members_[i], {Status::kGap}, now);
  }
  retire(room);
}

}  // namespace lws_chat
