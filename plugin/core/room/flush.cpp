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

Flush::Flush(const HubSettings& settings, RoomTable& table, FlushQueue& queue, Membership& membership, Pages& pages,
             Counters& counters, Fanout* fanout)
    : settings_(settings),
      table_(table),
      queue_(queue),
      membership_(membership),
      pages_(pages),
      counters_(counters),
      fanout_(fanout) {
  pages_.give_to([this](Client& client, const Journal::Page* page, Time now) { go_on_with(client, page, now); });
}

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
    else if (must_go(client))
      membership_.dismiss(client, {Status::kSlow}, now);
  }
}

// A client whose replay is not over is too slow if it does not take what is there. While the journal reads, it cannot.
bool Flush::must_go(Client& client) const {
  if (client.waits_for_page() || (client.room()->durable() && client.ready())) return false;
  return client.lag() > settings_.max_lag;
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
  client.newcomer_ = client.room()->durable();
  pump(client, now);
}

void Flush::replay_from(Client& client, uint64_t offset) {
  client.replay_next_ = offset;
  client.replay_end_ = client.room()->history().top() + 1;
  client.newcomer_ = false;
}

// Messages of the history come before those of the stream. Returns true if the client has got them and is still there.
bool Flush::send_replay(Client& client, Time now) {
  size_t budget = kReplayPerTurn;
  while (client.replaying()) {
    if (!client.ready() || budget == 0 || client.waits_for_page() || !has_next(client, now)) break;
    size_t taken = send_kept(client, now);
    if (taken == 0) break;
    budget -= std::min(budget, taken);
  }
  return client.room() && !client.replaying() && !client.waits_for_page();
}

// Returns true if memory has the next message of the replay. If not, the client waits for the journal, or is gone.
bool Flush::has_next(Client& client, Time now) {
  const Room& room = *client.room();
  if (client.replay_next_ < room.first_kept() && !lose_until(client, room.first_kept(), now)) return false;
  if (!client.replaying()) return false;
  if (client.replay_next_ >= room.history().first()) return true;
  pages_.read(client);
  return false;
}

// The messages before `first` are gone. Only a newcomer does not miss them. Returns false if the client is gone, too.
bool Flush::lose_until(Client& client, uint64_t first, Time now) {
  if (client.newcomer_) {
    client.replay_next_ = std::min(first, client.replay_end_);
    return true;
  }
  membership_.dismiss(client, {Status::kReplayLost}, now);
  return false;
}

// Sends a piece of what is in memory. Returns the number of bytes taken; 0: the client is gone.
size_t Flush::send_kept(Client& client, Time now) {
  Piece piece;
  History::Reader reader = client.room()->history().from(client.replay_next_);
  while (reader.offset() < client.replay_end_ && !piece.full()) {
    History::Entry entry = reader.next();
    piece.add(client, entry.message, entry.offset);
  }
  return send_piece(client, piece, now);
}

bool Flush::Piece::full() const { return bytes.size() >= kReplayPiece; }

void Flush::Piece::add(const Client& client, const Message& message, uint64_t offset) {
  const Room& room = *client.room();
  FrameString frames(bytes);
  client.stream_->kind.encode(frames, {Event::Kind::kPublication, room.name(), message, offset, room.epoch()});
  ends.push_back(bytes.size());
}

// Sends many messages, from the next one on, in one write. Returns the number of bytes taken; 0: the client is gone.
size_t Flush::send_piece(Client& client, const Piece& piece, Time now) {
  client.newcomer_ = false;
  size_t taken = client.write(std::string_view(piece.bytes).substr(client.replay_taken_));
  if (taken == 0) {
    membership_.leave(client, now, Departure::kFinal);
    return 0;
  }
  if (!client.room()) return 0;
  ++counters_.writes;
  counters_.bytes_out += taken;
  taken += client.replay_taken_;
  const std::vector<size_t>& ends = piece.ends;
  size_t whole = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), taken) - ends.begin());
  client.replay_next_ += whole;
  counters_.deliveries += whole;
  counters_.replayed += whole;
  client.replay_taken_ = static_cast<uint32_t>(taken - (whole ? ends[whole - 1] : 0));
  return taken;
}

// The page that the client has waited for is there; nullptr: only its turn has come. What it does not take is read
// again when it is ready.
void Flush::go_on_with(Client& client, const Journal::Page* page, Time now) {
  serve(client, now, [&] {
    if (page && !send_page(client, *page, now)) return;
    if (send_replay(client, now)) send_stream(client, now);
    // Nobody else calls a client that is ready.
    if (client.behind() && client.ready()) pages_.take_turns(client);
  });
}

// Returns false if the client is gone.
bool Flush::send_page(Client& client, const Journal::Page& page, Time now) {
  if (page.status != Status::kOk) {
    membership_.dismiss(client, {Status::kUnavailable}, now);
    return false;
  }
  uint64_t end = std::min(client.replay_end_, page.first + page.messages.size());
  if (page.first > client.replay_next_ || end <= client.replay_next_) {
    Room& room = *client.room();
    room.set_first_in_journal(page.messages.empty() ? room.history().first() : page.first);
    if (!lose_until(client, room.first_kept(), now)) return false;
  }
  while (client.replay_next_ >= page.first && client.replay_next_ < end && client.ready()) {
    Piece piece;
    for (uint64_t at = client.replay_next_; at < end && !piece.full(); ++at)
      piece.add(client, page.messages[at - page.first].view(), at);
    if (send_piece(client, piece, now) == 0) return false;
  }
  return true;
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
