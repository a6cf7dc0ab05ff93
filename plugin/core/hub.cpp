#include "core/hub.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace lws_chat {
namespace {

// A replay goes out in writes of about so many bytes, so many together in one loop turn.
constexpr size_t kReplayPiece = 16384;
constexpr size_t kReplayPerTurn = 65536;

// Frames for a reader that does not read them from a stream.
class FrameBuffer final : public FrameSink {
 public:
  void append(std::string_view header, std::string_view payload) override {
    bytes_ += header;
    bytes_ += payload;
  }
  size_t size() const { return bytes_.size(); }
  std::string_view after(size_t taken) const { return std::string_view(bytes_).substr(taken); }

 private:
  std::string bytes_;
};

}  // namespace

Hub::~Hub() = default;

const Room* Hub::find(std::string_view name) const {
  auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

bool Hub::has_place(std::string_view name) const {
  return rooms_.size() < settings_.max_rooms || vacant_.first() || find(name);
}

Status Hub::join(Client& client, std::string_view name, uint64_t replay, Time now) {
  assert(!client.room_);
  auto found = rooms_.find(name);
  if (found == rooms_.end()) {
    if (!has_place(name)) return Status::kTooManyRooms;
    if (rooms_.size() >= settings_.max_rooms) reclaim_history(*vacant_.first());
    auto made = std::make_unique<Room>(pool_, settings_.history, std::string(name), next_epoch());
    std::string_view key = made->name();
    found = rooms_.emplace(key, std::move(made)).first;
  }
  Room& room = *found->second;
  vacant_.remove(room);
  room.add(client);
  ++counters_.clients;
  ++counters_.joins;
  if (replay > 0) {
    room.history_.expire(now);
    client.replay_end_ = room.history_.top() + 1;
    client.replay_next_ = std::max(room.history_.first(), client.replay_end_ - std::min(replay, client.replay_end_));
    pump(client);
  }
  return Status::kOk;
}

void Hub::leave(Client& client) {
  Room* room = client.room_;
  if (!room) return;
  room->remove(client);
  --counters_.clients;
  retire(*room);
}

void Hub::publish(Room& room, const Message& message, Time now) {
  ++counters_.messages_in;
  counters_.bytes_in += message.payload.size();
  room.published_at_ = now;
  room.history_.add(message, now);
  historic_.remove(room);
  if (!room.history_.empty()) historic_.push(room);
  if (!room.members_.empty()) {
    encode_(room.stream_, message);
    ++room.waiting_;
    make_dirty(room, now);
  }
  if (pool_.bytes_in_use() > settings_.max_memory) reclaim();
}

void Hub::dismiss_after_head(Client& client, Status why, Time now) {
  if (!client.room_ || client.leaving_ != Status::kOk) return;
  client.stop_ = client.room_->stream_.head();
  client.leaving_ = why;
  make_dirty(*client.room_, now);
}

void Hub::make_dirty(Room& room, Time now) {
  bool enough = room.waiting_ >= kEnough;
  if (room.dirty_.listed) {
    // Those whom the flush under way has already served need another one.
    if (room.next_ > 0) room.again_ = true;
    if (!enough || room.due_ <= now) return;
    later_.remove(room);
  }
  bool wait = !enough && room.flushed_at_ >= 0;
  room.due_ = wait ? std::max(now, room.flushed_at_ + settings_.flush_interval) : now;
  (room.due_ <= now ? now_ : later_).push(room);
}

Time Hub::due() const {
  Time sending = later_.first() ? later_.first()->due_ : kNever;
  if (now_.first()) return std::min(now_.first()->due_, sending);
  Time expiry = historic_.first() ? historic_.first()->published_at_ + settings_.history.age : kNever;
  return std::min(sending, expiry);
}

void Hub::flush(Time now, size_t max_writes) {
  while (later_.first() && later_.first()->due_ <= now) {
    Room& room = *later_.first();
    later_.remove(room);
    now_.push(room);
  }
  size_t budget = max_writes;
  while (now_.first() && budget > 0) {
    Room& room = *now_.first();
    in_room_ = true;
    bool whole = flush_room(room, now, budget);
    in_room_ = false;
    if (!whole) return;
    now_.remove(room);
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

// Serves the members from where the last turn stopped. Returns whether it came to the end.
bool Hub::flush_room(Room& room, Time now, size_t& budget) {
  room.stream_.hold();
  if (room.next_ == 0) room.waiting_ = 0;
  while (room.next_ < room.members_.size() && budget > 0) {
    --budget;
    Client& client = *room.members_[room.next_++];
    if (client.replay_next_ == client.replay_end_)
      send_stream(client);
    else if (client.lag() > settings_.max_lag)
      dismiss(client, Status::kSlow);
  }
  // The interval counts from the end: a large room would otherwise be due again at once.
  if (fanout_) room.flushed_at_ = std::max(now, fanout_->complete());
  room.stream_.release();
  if (room.next_ < room.members_.size()) return false;
  room.next_ = 0;
  if (!fanout_) room.flushed_at_ = now;
  return true;
}

void Hub::pump(Client& client) {
  if (client.room_ && send_replay(client)) send_stream(client);
}

// Messages of the history that the client is to get before those of the stream, many in a write. Returns
// whether it has got them and is still there.
bool Hub::send_replay(Client& client) {
  const History& history = client.room_->history_;
  size_t budget = kReplayPerTurn;
  while (client.replay_next_ < client.replay_end_) {
    if (!client.ready() || budget == 0) return false;
    if (client.replay_next_ < history.first()) return dismiss(client, Status::kReplayLost), false;
    FrameBuffer frames;
    std::vector<size_t> ends;  // of the messages, in the buffer
    for (uint64_t next = client.replay_next_; next < client.replay_end_ && frames.size() < kReplayPiece; ++next) {
      encode_(frames, history.at(next).message);
      ends.push_back(frames.size());
    }
    size_t taken = client.write(frames.after(client.replay_taken_));
    if (taken == 0) return leave(client), false;
    ++counters_.writes;
    counters_.bytes_out += taken;
    taken += client.replay_taken_;
    size_t whole = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), taken) - ends.begin());
    client.replay_next_ += whole;
    client.replay_taken_ = static_cast<uint32_t>(taken - (whole ? ends[whole - 1] : 0));
    budget -= std::min(budget, taken);
  }
  return true;
}

void Hub::send_stream(Client& client) {
  Stream& stream = client.room_->stream_;
  while (client.cursor_ < client.stop_) {
    std::string_view frames = stream.unread(client.cursor_, client.stop_);
    if (frames.empty() || client.gathered_) return;
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

// Drops the histories that are too old as a whole; what is too old in the others goes with their next
// message or reader.
void Hub::expire(Time now) {
  while (historic_.first() && historic_.first()->published_at_ + settings_.history.age <= now)
    reclaim_history(*historic_.first());
}

// Frees memory until there is little enough of it: first the oldest history, then the slowest readers.
void Hub::reclaim() {
  while (pool_.bytes_in_use() > settings_.max_memory) {
    if (Block* page = pool_.oldest(BlockKind::kHistory)) {
      Room& room = *page->owner;
      room.history_.drop_oldest_page();
      if (room.history_.empty()) reclaim_history(room);
      continue;
    }
    Block* segment = pool_.oldest(BlockKind::kStream);
    if (!segment || !evict_readers(*segment->owner)) return;
  }
}

void Hub::reclaim_history(Room& room) {
  room.history_.clear();
  historic_.remove(room);
  retire(room);
}

// Dismisses those who stand in the oldest segment of the room and do not move on. Returns whether that
// freed it.
bool Hub::evict_readers(Room& room) {
  const Stream& stream = room.stream_;
  Cursor tail = stream.tail();
  uint64_t rest = stream.head() - tail - stream.unread(tail, stream.head()).size();
  in_room_ = true;
  for (size_t i = room.members_.size(); i-- > 0;) {
    Client& client = *room.members_[i];
    if (client.lag() > rest) pump(client);
    if (client.room_ && client.lag() > rest) dismiss(client, Status::kSlow);
  }
  in_room_ = false;
  bool freed = stream.tail() != tail;
  retire(room);
  return freed;
}

// Ends a room that nobody is in and that remembers nothing.
void Hub::retire(Room& room) {
  if (in_room_ || room.dirty_.listed || !room.members_.empty()) return;
  if (!room.history_.empty()) {
    if (!room.vacant_.listed) vacant_.push(room);
    return;
  }
  historic_.remove(room);
  vacant_.remove(room);
  rooms_.erase(rooms_.find(room.name()));
}

// A number that no earlier room of this or an earlier hub is likely to have had, in base 36.
std::string Hub::next_epoch() {
  // The finaliser of SplitMix64 spreads the counter.
  uint64_t x = settings_.epoch_seed + ++epochs_ * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  std::string text;
  for (int i = 0; i < 8; ++i, x /= 36) text += "0123456789abcdefghijklmnopqrstuvwxyz"[x % 36];
  return text;
}

}  // namespace lws_chat
