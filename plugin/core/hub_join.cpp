// Brings a client into a room, and a room into use.
#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "core/hub.h"

namespace lws_chat {

// A room is usable when the journal has given back what it kept and the broker has made it known.
Deferred<Status> Hub::make_usable(Room& room, Time now) {
  if (room.usable_) return Status::kOk;
  if (room.opening_) {
    room.opening_->waiting.emplace_back();
    return room.opening_->waiting.back().deferred();
  }
  if (!journal_ || !room.settings().durable) return ask_broker(room, now);
  room.opening_ = std::make_unique<Room::Opening>();
  auto take = [this, name = room.name(), now](uint64_t offset, const Message& message) {
    Room* restored = find(name);
    if (!restored) return;
    if (restored->history_.top() + 1 != offset) restored->history_.restart(offset - 1);
    restored->history_.add(message, now);
  };
  Deferred<Journal::Restored> kept = journal_->restore(room.name(), take);
  auto go_on = [this, name = room.name()](const Journal::Restored& restored, Time then) {
    Room* found = find(name);
    if (!found) return;
    if (restored.status != Status::kOk) return end_opening(name, restored.status);
    if (!restored.position.epoch.empty()) {
      found->epoch_ = restored.position.epoch;
      if (found->history_.top() != restored.position.offset) found->history_.restart(restored.position.offset);
      found->promised_ = true;
    }
    ask_broker(*found, then).then(lifetime_, [this, name](Status status) { end_opening(name, status); });
  };
  room.opening_->waiting.emplace_back();
  Deferred<Status> usable = room.opening_->waiting.back().deferred();
  if (kept.ready()) {
    // A copy, because the room may end. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    std::string name = room.name();
    go_on(kept.value(), now);
    Room* found = find(name);
    if (found && found->usable_) return Status::kOk;
    return usable;
  }
  kept.then(lifetime_, [this, go_on](const Journal::Restored& restored) {
    do_later([go_on, restored](Time then) { go_on(restored, then); });
  });
  return usable;
}

Deferred<Status> Hub::ask_broker(Room& room, Time now) {
  Deferred<Status> known = broker_->open(room, now);
  if (known.ready()) {
    room.usable_ = known.value() == Status::kOk;
    return known.value();
  }
  if (room.opening_) return known;
  room.opening_ = std::make_unique<Room::Opening>();
  room.opening_->waiting.emplace_back();
  Deferred<Status> usable = room.opening_->waiting.back().deferred();
  known.then(lifetime_, [this, name = room.name()](Status status) { end_opening(name, status); });
  return usable;
}

// Those who waited go on in their order; who comes meanwhile waits behind them.
void Hub::end_opening(std::string_view name, Status status) {
  Room* room = find(name);
  if (!room || !room->opening_) return;
  room->usable_ = status == Status::kOk;
  std::unique_ptr<Room::Opening> opening = std::move(room->opening_);
  for (Promise<Status>& one : opening->waiting) one.keep(status);
  do_later([this, name = std::string(name)](Time) {
    if (Room* left = find(name)) retire(*left);
  });
}

Deferred<Status> Hub::join(Client& client, const Joining& joining, Time now) {
  assert(!client.room_ && !client.joining_);
  Wake wake(*this);
  Deferred<Status> verdict = gate_->judge(joining.grant, Action::kJoin, joining.room, nullptr);
  if (verdict.ready()) {
    if (verdict.value() != Status::kOk) return verdict.value();
    return join_permitted(client, joining, now);
  }
  Promise<Status> promise;
  join_late(client, joining, std::move(verdict), promise);
  return promise.deferred();
}

Deferred<Status> Hub::join_permitted(Client& client, const Joining& joining, Time now) {
  Room* room = open(joining.room, joining.origin);
  if (!room) return Status::kTooManyRooms;
  Deferred<Status> usable = make_usable(*room, now);
  if (usable.ready()) {
    if (usable.value() == Status::kOk)
      enter(client, *room, joining.replay, now);
    else
      retire(*room);
    return usable.value();
  }
  Promise<Status> promise;
  join_late(client, joining, std::move(usable), promise);
  return promise.deferred();
}

// Goes on when `before` is answered, if the client still wants to join.
void Hub::join_late(Client& client, const Joining& joining, Deferred<Status> before, Promise<Status> promise) {
  auto wanted = std::make_shared<bool>(true);
  client.joining_ = wanted;
  auto work = [this, &client, wanted, promise, room = std::string(joining.room), wish = joining](Status status,
                                                                                                 Time now) mutable {
    if (!*wanted) return;
    client.joining_ = nullptr;
    wish.room = room;
    if (status != Status::kOk) return promise.keep(status);
    join_permitted(client, wish, now).then(lifetime_, [promise](Status answer) mutable { promise.keep(answer); });
  };
  before.then(lifetime_, [this, work](Status status) mutable {
    do_later([work, status](Time now) mutable { work(status, now); });
  });
}

void Hub::enter(Client& client, Room& room, uint64_t replay, Time now) {
  vacant_.remove(room);
  try {
    room.add(client);
    forget_presence(room);
    if (room.settings().presence) welcome(room, client, now);
  } catch (...) {
    if (client.room_) {
      room.remove(client);
      if (client.introduced_) introduced_.erase(client.identity_->client);
      client.introduced_ = false;
    }
    retire(room);
    throw;
  }
  occupied_ += room.members_.size() == 1;
  Counters::ByDialect& count = counters_.of(client.kind_);
  ++count.subscriptions;
  ++count.joins;
  if (client.stream_->kind.positions && room.settings().history.messages > 0) room.promised_ = true;
  if (replay == 0) return;
  room.history_.expire(now);
  client.replay_end_ = room.history_.top() + 1;
  client.replay_next_ = std::max(room.history_.first(), client.replay_end_ - std::min(replay, client.replay_end_));
  pump(client, now);
}

}  // namespace lws_chat
