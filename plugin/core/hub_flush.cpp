// How a hub sends: which rooms are due, and what their members are written.
#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "core/hub.h"

namespace lws_chat {
namespace {

// A replay goes out in writes of about so many bytes, so many together in one loop turn.
constexpr size_t kReplayPiece = 16384;
constexpr size_t kReplayPerTurn = 65536;

}  // namespace

// There is one more message to be sent.
void Hub::note_waiting(Room& room, Time now) {
  if (room.waiting_++ == 0) room.waiting_since_ = now;
  make_dirty(room, now);
}

void Hub::make_dirty(Room& room, Time now) {
  bool enough = room.waiting_ >= kEnough;
  if (room.dirty_.listed) {
    // Those whom the flush under way has already served need another one.
    if (room.next_ > 0) room.again_ = true;
    // Not by its time: within one turn the hub may be told of several.
    if (!enough || !room.delayed_) return;
    later_.remove(room);
  }
  bool wait = !enough && room.flushed_at_ >= 0;
  room.due_ = wait ? std::max(now, room.flushed_at_ + settings_.flush_interval) : now;
  room.delayed_ = room.due_ > now;
  (room.delayed_ ? later_ : now_).push(room);
}

Time Hub::due() const {
  if (!late_.empty()) return 0;
  Time sending = later_.first() ? later_.first()->due_ : kNever;
  if (now_.first()) return std::min(now_.first()->due_, sending);
  Time expiry = std::min(departed_.due(), absences_.empty() ? kNever : absences_.begin()->first);
  if (asked_.first()) expiry = std::min(expiry, asked_.first()->presence_->asked_at + kKeepPresence);
  for (const Namespace& group : namespaces_)
    if (const Room* room = group.remembered.first())
      expiry = std::min(expiry, room->touched_at_ + group.settings.history.age);
  return std::min(sending, expiry);
}

void Hub::flush(Time now, size_t max_writes) {
  told_ = 0;  // nobody need be told before it is known what is left
  struct Told {
    Hub& hub;
    ~Told() { hub.told_ = hub.due(); }
  } told{*this};
  do_late_work(now);
  // Joins and leaves are told while rooms are walked through, where nobody can be dismissed for them.
  if (bytes_in_use() > settings_.max_memory) reclaim(now);
  while (later_.first() && later_.first()->due_ <= now) {
    Room& room = *later_.first();
    later_.remove(room);
    room.delayed_ = false;
    now_.push(room);
  }
  size_t budget = max_writes;
  while (now_.first() && budget > 0) {
    Room& room = *now_.first();
    bool whole = flush_room(room, now, budget);
    now_.remove(room);
    if (!whole) {
      // The others come before the rest of it.
      now_.push(room);
      return;
    }
    ++counters_.flushes;
    if (room.again_) {
      room.again_ = false;
      make_dirty(room, now);
    } else {
      retire(room);
    }
  }
  expire(now);
}

Hub::Walk::Walk(Hub& hub, Room& room) : hub_(hub), room_(room) {
  hub_.in_room_ = true;
  room_.streams_.hold();
}

Hub::Walk::~Walk() {
  room_.streams_.release();
  hub_.in_room_ = false;
}

// Serves the members from where the last turn stopped. Returns whether it came to the end.
bool Hub::flush_room(Room& room, Time now, size_t& budget) {
  Walk walk(*this, room);
  if (room.next_ == 0) {
    room.serving_since_ = room.waiting_ > 0 ? room.waiting_since_ : -1;
    room.waiting_ = 0;
  }
  try {
    serve_members(room, now, budget);
  } catch (...) {
    // What is gathered has to leave while the streams are held.
    if (fanout_) (void)fanout_->complete();
    throw;
  }
  // The interval counts from the end: a large room would otherwise be due again at once.
  if (fanout_) room.flushed_at_ = std::max(now, fanout_->complete());
  if (room.next_ < room.members_.size()) return false;
  room.next_ = 0;
  if (!room.again_) room.untold_ = false;
  if (!fanout_) room.flushed_at_ = now;
  if (room.serving_since_ >= 0)
    counters_.delay_seconds.observe(static_cast<double>(room.flushed_at_ - room.serving_since_) / 1e6);
  return true;
}

void Hub::serve_members(Room& room, Time now, size_t& budget) {
  while (room.next_ < room.members_.size() && budget > 0) {
    --budget;
    Client& client = *room.members_[room.next_++];
    if (room.untold_ && client.stream_->kind.joins)
      dismiss(client, {Status::kInternalError}, now);
    else if (client.replay_next_ == client.replay_end_)
      serve(client, now, [&] { send_stream(client, now); });
    else if (client.lag() > settings_.max_lag)
      dismiss(client, {Status::kSlow}, now);
  }
}

// What cannot be done for one client costs that one: it may have taken anything. The others go on.
template <typename Serve>
void Hub::serve(Client& client, Time now, Serve&& work) {
  try {
    work();
  } catch (const std::exception&) {
    dismiss(client, {Status::kInternalError}, now);
  }
}

void Hub::pump(Client& client, Time now) {
  serve(client, now, [&] {
    if (client.room_ && send_replay(client, now)) send_stream(client, now);
  });
}

// Messages of the history that the client is to get before those of the stream, many in a write. Returns
// whether it has got them and is still there.
bool Hub::send_replay(Client& client, Time now) {
  const Room& room = *client.room_;
  const History& history = room.history_;
  size_t budget = kReplayPerTurn;
  while (client.replay_next_ < client.replay_end_) {
    if (!client.ready() || budget == 0) return false;
    if (client.replay_next_ < history.first()) return dismiss(client, {Status::kReplayLost}, now), false;
    std::string bytes;
    FrameString frames(bytes);
    std::vector<size_t> ends;  // of the messages, in the buffer
    History::Reader reader = history.from(client.replay_next_);
    while (reader.offset() < client.replay_end_ && bytes.size() < kReplayPiece) {
      History::Entry entry = reader.next();
      client.stream_->kind.encode(frames,
                                  {Event::Kind::kPublication, room.name(), entry.message, entry.offset, room.epoch()});
      ends.push_back(bytes.size());
    }
    size_t taken = client.write(std::string_view(bytes).substr(client.replay_taken_));
    if (taken == 0) return leave(client, now), false;
    if (!client.room_) return false;
    ++counters_.writes;
    counters_.bytes_out += taken;
    taken += client.replay_taken_;
    size_t whole = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), taken) - ends.begin());
    client.replay_next_ += whole;
    counters_.deliveries += whole;
    counters_.replayed += whole;
    client.replay_taken_ = static_cast<uint32_t>(taken - (whole ? ends[whole - 1] : 0));
    budget -= std::min(budget, taken);
  }
  return true;
}

void Hub::send_stream(Client& client, Time now) {
  Stream& stream = client.stream_->stream;
  while (client.cursor_ < client.stop_) {
    std::string_view frames = stream.unread(client.cursor_, client.stop_);
    if (frames.empty() || client.gathered_) return;
    if (!client.ready()) {
      counters_.lag_bytes.observe(static_cast<double>(client.lag()));
      if (client.lag() > settings_.max_lag) dismiss(client, {Status::kSlow}, now);
      return;
    }
    size_t taken = client.write(frames);
    if (taken == 0) return leave(client, now);
    if (!client.room_) return;
    ++counters_.writes;
    counters_.bytes_out += taken;
    client.cursor_ = stream.advance(client.cursor_, taken);
  }
  dismiss(client, {client.leaving_}, now);
}

void Hub::dismiss(Client& client, Ending ending, Time now) {
  ending.lag = client.lag();
  bool there = client.room_ != nullptr;
  leave(client, now, describe(ending.why).departure);
  if (there) client.dismissed(std::move(ending), now);
}

}  // namespace lws_chat
