#include "core/room/flush_queue.h"

#include <algorithm>

#include "core/room/room.h"

namespace lws_chat {

void FlushQueue::note_message(Room& room, Time now) {
  Slot& slot = room.flush_slot;
  if (slot.waiting_++ == 0) slot.waiting_since_ = now;
  push(room, now);
}

void FlushQueue::push(Room& room, Time now) {
  Slot& slot = room.flush_slot;
  bool enough = slot.waiting_ >= kEnough;
  if (slot.link_.listed()) {
    // Members that the flush under way has already served need another one.
    if (room.served() > 0) slot.again_ = true;
    // Not by its due time: within one turn the hub may be given several times.
    if (!enough || !slot.delayed_) return;
    later_.remove(slot.link_);
  }
  bool wait = !enough && slot.flushed_at_ >= 0;
  slot.due_ = wait ? std::max(now, slot.flushed_at_ + interval_) : now;
  slot.delayed_ = slot.due_ > now;
  (slot.delayed_ ? later_ : now_).push(room, slot.link_);
}

void FlushQueue::note_lost_leave(Room& room, Time now) {
  room.flush_slot.lost_leave_ = true;
  push(room, now);
}

void FlushQueue::push_unused(Room& room) {
  room.flush_slot.due_ = 0;
  room.flush_slot.delayed_ = false;
  now_.push(room, room.flush_slot.link_);
}

bool FlushQueue::holds(const Room& room) { return room.flush_slot.link_.listed(); }

Time FlushQueue::due() const {
  Time sending = later_.first() ? later_.first()->flush_slot.due_ : kNever;
  return now_.first() ? std::min(now_.first()->flush_slot.due_, sending) : sending;
}

void FlushQueue::release(Time now) {
  while (later_.first() && later_.first()->flush_slot.due_ <= now) {
    Room& room = *later_.first();
    later_.remove(room.flush_slot.link_);
    room.flush_slot.delayed_ = false;
    now_.push(room, room.flush_slot.link_);
  }
}

void FlushQueue::begin(Room& room) {
  Slot& slot = room.flush_slot;
  slot.serving_since_ = slot.waiting_ > 0 ? slot.waiting_since_ : -1;
  slot.waiting_ = 0;
}

void FlushQueue::note_flush(Room& room, Time now) { room.flush_slot.flushed_at_ = now; }

Time FlushQueue::finish(Room& room) {
  Slot& slot = room.flush_slot;
  if (!slot.again_) slot.lost_leave_ = false;
  return slot.serving_since_ >= 0 ? slot.flushed_at_ - slot.serving_since_ : -1;
}

void FlushQueue::postpone(Room& room) {
  now_.remove(room.flush_slot.link_);
  now_.push(room, room.flush_slot.link_);
}

bool FlushQueue::take_out(Room& room, Time now) {
  Slot& slot = room.flush_slot;
  now_.remove(slot.link_);
  if (!slot.again_) return true;
  slot.again_ = false;
  push(room, now);
  return false;
}

}  // namespace lws_chat
