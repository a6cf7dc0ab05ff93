#include "core/room/membership.h"

#include <utility>

namespace lws_chat {

void Membership::enter(Client& client, Room& room, Time now) {
  try {
    room.add(client);
    presence_.came(client, now);
  } catch (...) {
    if (client.room()) {
      room.remove(client);
      presence_.withdraw(room, client);
    }
    table_.forget_unused(room);
    throw;
  }
  table_.note_join(room);
  Counters::ByDialect& count = counters_.of(client.kind());
  ++count.subscriptions;
  ++count.joins;
  if (client.stream_->kind.positions && room.settings().history.messages > 0) RoomTable::promise(room);
}

void Membership::leave(Client& client, Time now, Departure departure) {
  Schedule::Wake wake(schedule_);
  client.stop_joining();
  Room* room = client.room();
  if (!room) return;
  room->remove(client);
  --counters_.of(client.kind()).subscriptions;
  presence_.left(*room, client, departure, now);
  table_.note_leave(*room, now);
  table_.forget_unused(*room);
}

void Membership::dismiss(Client& client, Ending ending, Time now) {
  ending.lag = client.lag();
  bool there = client.room() != nullptr;
  leave(client, now, describe(ending.why).departure);
  if (there) client.dismissed(std::move(ending), now);
}

void Membership::dismiss_after_head(Client& client, Status why, Time now) {
  if (!client.room() || client.leaving()) return;
  Schedule::Wake wake(schedule_);
  client.stop_ = client.stream_->stream.head();
  client.leaving_ = why;
  queue_.push(*client.room(), now);
}

}  // namespace lws_chat
