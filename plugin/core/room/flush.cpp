#include "core/room/flush.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "core/recovery.h"

namespace lws_chat {
namespace {

// A replay goes out in writes of about so many bytes, and so many together in one loop turn.
constexpr size_t kReplayPiece = 16384;
constexpr size_t kReplayPerTurn = 65536;

}  // namespace

Flush::Flush(const HubSettings& settings, RoomTable& table, FlushQueue& queue, Membership& membership,
             Counters& counters, Fanout* fanout)
    : settings_(settings),
      table_(table),
      queue_(queue),
      membership_(membership),
      counters_(counters),
      fanout_(fanout) {}

bool Flush::run(Time now, size_t max_writes) {
  queue_.release(now);
  size_t budget = max_writes;
  while (queue_.first() && budget > 0) {
    Room& room = *queue_.first();
    if (!flush(room, now, budget)) {
      queue_.postpone(room);
      return false;
    }
    ++counters_.flushes;
    if (queue_.take_out(room, now)) table_.forget_unused(room);
  }
  return true;
}

// Serves the members from where the last turn stopped. Returns false if some are left.
bool Flush::flush(Room& room, Time now, size_t& budget) {
  RoomTable::Walk walk(table_, room);
  if (room.served() == 0) FlushQueue::begin(room);
  try {
    serve_members(room, now, budget);
  } catch (...) {
    // Gathered writes have to leave while the streams are held.
    if (fanout_) (void)fanout_->complete();
    throw;
  }
  // The interval counts from the end: a large room would otherwise be due again at once.
  if (fanout_) FlushQueue::note_flush(room, std::max(now, fanout_->complete()));
  if (!room.all_served()) return false;
  room.serve_from_start();
  if (!fanout_) FlushQueue::note_flush(room, now);
  Time delay = FlushQueue::finish(room);
  if (delay >= 0) counters_.delay_seconds.observe(static_cast<double>(delay) / 1e6);
  return true;
}

void Flush::serve_members(Room& room, Time now, size_t& budget) {
  while (!room.all_served() && budget > 0) {
    --budget;
    Client& client = room.serve_next();
    if (room.flush_slot.lost_leave() && client.stream_->kind.joins)
      membership_.dismiss(client, {Status::kInternalError}, now);
    else if (!client.replaying())
      serve(client, now, [&] { send_stream(client, now); });
    else if (client.lag() > settings_.max_lag)
      membership_.dismiss(client, {Status::kSlow}, now);
  }
}

// A failure costs only the client: it may have taken anything. The others go on.
template <typename Work>
void Flush::serve(Client& client, Time now, Work&& work) {
  try {
    work();
  } catch (const std::exception&) {
    membership_.dismiss(client, {Status::kInternalError}, now);
  }
}

void Flush::pump(Client& client, Time now) {
  serve(client, now, [&] {
    if (client.room() && send_replay(client, now)) send_stream(client, now);
  });
}

void Flush::replay_last(Client& client, uint64_t messages, Time now) {
  if (messages == 0) return;
  History& history = client.room()->history();
  history.expire(now);
  replay_from(client, recover_last(*client.room(), messages).next);
  pump(client, now);
}

void Flush::replay_from(Client& client, uint64_t offset) {
  client.replay_next_ = offset;
  client.replay_end_ = client.room()->history().top() + 1;
}

// Messages of the history come before those of the stream. Returns true if the client has got them and is still there.
bool Flush::send_replay(Client& client, Time now) {
  size_t budget = kReplayPerTurn;
  while (client.replaying()) {
    if (!client.ready() || budget == 0) return false;
    size_t taken = send_replay_piece(client, now);
    if (taken == 0) return false;
    budget -= std::min(budget, taken);
  }
  return true;
}

// Sends many messages in one write. Returns the number of bytes taken; 0: the client is gone.
size_t Flush::send_replay_piece(Client& client, Time now) {
  const Room& room = *client.room();
  const History& history = room.history();
  if (client.replay_next_ < history.first()) {
    membership_.dismiss(client, {Status::kReplayLost}, now);
    return 0;
  }
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
  if (taken == 0) {
    membership_.leave(client, now, Departure::kFinal);
    return 0;
  }
  if (!client.room()) return 0;
  ++counters_.writes;
  counters_.bytes_out += taken;
  taken += client.replay_taken_;
  size_t whole = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), taken) - ends.begin());
  client.replay_next_ += whole;
  counters_.deliveries += whole;
  counters_.replayed += whole;
  client.replay_taken_ = static_cast<uint32_t>(taken - (whole ? ends[whole - 1] : 0));
  return taken;
}

void Flush::send_stream(Client& client, Time now) {
  Stream& stream = client.stream_->stream;
  while (client.cursor_ < client.stop_) {
    std::string_view frames = stream.unread(client.cursor_, client.stop_);
    if (frames.empty() || client.gathered_) return;
    if (!client.ready()) {
      counters_.lag_bytes.observe(static_cast<double>(client.lag()));
      if (client.lag() > settings_.max_lag) membership_.dismiss(client, {Status::kSlow}, now);
      return;
    }
    size_t taken = client.write(frames);
    if (taken == 0) return membership_.leave(client, now, Departure::kFinal);
    if (!client.room()) return;
    ++counters_.writes;
    counters_.bytes_out += taken;
    Cursor before = client.cursor_;
    client.cursor_ = stream.advance(before, taken);
    if (changes_stream(client, before)) return client.room()->change_stream(client);
  }
  membership_.dismiss(client, {client.leaving_}, now);
}

// Returns true if the reader has now read all of a stream that has a next kind, and with it a publication. It has read
// the whole publication: before the end of one, a reader can only be if it came before its beginning.
bool Flush::changes_stream(const Client& client, Cursor before) {
  const RoomStream& from = *client.stream_;
  return from.kind.next != kNoKind && client.lag() == 0 && before < from.published && !client.leaving();
}

}  // namespace lws_chat
