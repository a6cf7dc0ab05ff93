#include "core/hub.h"

#include <cassert>

namespace lws_chat {

void Hub::join(Client& client, Room& room) {
  assert(!client.room_);
  room.add(client);
  ++counters_.clients;
  ++counters_.joins;
}

void Hub::leave(Client& client) {
  if (!client.room_) return;
  client.room_->remove(client);
  --counters_.clients;
}

void Hub::publish(Room& room, const Message& message, Time now) {
  ++counters_.messages_in;
  counters_.bytes_in += message.payload.size();
  if (room.members_.empty()) return;
  encode_(room.stream_, message);
  make_dirty(room, now);
}

void Hub::dismiss_after_head(Client& client, Status why, Time now) {
  if (!client.room_ || client.leaving_ != Status::kOk) return;
  client.stop_ = client.room_->stream_.head();
  client.leaving_ = why;
  make_dirty(*client.room_, now);
}

void Hub::make_dirty(Room& room, Time now) {
  if (room.dirty_) {
    // Those whom the flush under way has already served need another one.
    if (room.next_ > 0) room.again_ = true;
    return;
  }
  room.dirty_ = true;
  room.due_ = room.flushed_at_ < 0 ? now : room.flushed_at_ + settings_.flush_interval;
  (room.due_ <= now ? now_ : later_).push(room);
}

Time Hub::due() const {
  if (now_.first) return now_.first->due_;
  return later_.first ? later_.first->due_ : kNever;
}

void Hub::flush(Time now, size_t max_writes) {
  while (later_.first && later_.first->due_ <= now) now_.push(*later_.pop());
  size_t budget = max_writes;
  while (now_.first && budget > 0) {
    Room& room = *now_.first;
    if (!flush_room(room, budget)) return;
    now_.pop();
    room.dirty_ = false;
    room.flushed_at_ = now;
    ++counters_.flushes;
    if (room.again_) {
      room.again_ = false;
      make_dirty(room, now);
    }
  }
}

// Serves the members from where the last turn stopped. Returns whether it came to the end.
bool Hub::flush_room(Room& room, size_t& budget) {
  while (room.next_ < room.members_.size()) {
    if (budget == 0) return false;
    --budget;
    pump(*room.members_[room.next_++]);
  }
  room.next_ = 0;
  return true;
}

void Hub::pump(Client& client) {
  Room* room = client.room_;
  if (!room) return;
  Stream& stream = room->stream_;
  while (client.cursor_ < client.stop_) {
    std::string_view frames = stream.unread(client.cursor_, client.stop_);
    if (frames.empty()) return;
    if (!client.ready()) {
      if (client.lag() > settings_.max_lag) dismiss(client, Status::kSlow);
      return;
    }
    size_t taken = client.write(frames);
    if (taken == 0) return leave(client);
    ++counters_.writes;
    counters_.bytes_out += taken;
    client.cursor_ = stream.advance(client.cursor_, taken);
  }
  dismiss(client, client.leaving_);
}

void Hub::dismiss(Client& client, Status why) {
  uint64_t lag = client.lag();
  leave(client);
  client.dismissed(why, lag);
}

void Hub::DirtyList::push(Room& room) {
  room.next_dirty_ = nullptr;
  (last ? last->next_dirty_ : first) = &room;
  last = &room;
}

Room* Hub::DirtyList::pop() {
  Room* room = first;
  first = room->next_dirty_;
  if (!first) last = nullptr;
  return room;
}

}  // namespace lws_chat
