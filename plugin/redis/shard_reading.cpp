// How ShardRooms reads positions and missing messages of its rooms.
#include <algorithm>
#include <utility>

#include "core/log_text.h"
#include "core/room/room.h"
#include "redis/refusal.h"
#include "redis/shard_rooms.h"

namespace lws_chat {
namespace {

// Rooms that are read at the same time, and entries of a stream that are read together.
constexpr size_t kAtOnce = 500;
constexpr size_t kEntries = 200;

constexpr char kCommand[] = "EVALSHA (position)";

}  // namespace

// Answers that are under way are not for the room as it is now.
void ShardRooms::read_again(RoomWatch& watch) {
  watch.state = RoomWatch::State::kReading;
  watch.last.clear();
  watch.last_offset = 0;
  ask_to_read(watch);
}

void ShardRooms::ask_to_read(RoomWatch& watch) {
  watch.by_time = false;
  ++watch.reading;
  to_read_.push_back(watch.room);
  read_next();
}

void ShardRooms::read_next() {
  while (!to_read_.empty() && reading_ < kAtOnce) {
    RoomWatch* watch = find(to_read_.front());
    to_read_.pop_front();
    if (watch && watch->wanted && watch->state == RoomWatch::State::kReading) read(*watch);
  }
}

// A room that has begun is read from its last message on, which shows if that is still the same. One that begins is
// read from its oldest message on.
void ShardRooms::read(RoomWatch& watch) {
  const RoomSettings& settings = settings_of(watch);
  PositionCall call;
  std::string fresh = parts_.fresh_epoch();
  call.fresh_epoch = fresh;
  Room* room = room_of(watch);
  call.from = watch.begun && room ? room->history().top() : watch.last_offset + 1;
  call.entries = kEntries;
  watch.missed = false;
  watch.held_then = watch.held.size();
  ++reading_;
  ++parts_.counters.comparisons;
  run_position(link_, watch.names, bounds_of(settings), line_.lineage(), call,
               [this, name = watch.room, reading = watch.reading](const RedisReply& reply, Time now) {
                 was_read(name, reading, reply, now);
               });
}

void ShardRooms::was_read(const std::string& name, uint32_t reading, const RedisReply& reply, Time now) {
  if (reply.is_lost()) return;
  progress_ = now;
  if (reading_ > 0) --reading_;
  RoomWatch* watch = find(name);
  bool current = watch && watch->reading == reading && watch->state == RoomWatch::State::kReading;
  if (current) {
    std::optional<PositionAnswer> answer = read_position(reply);
    Room* room = room_of(*watch);
    if (!answer) {
      ++parts_.counters.errors;
      parts_.trouble.refused(kCommand, reply.is_error() ? reply.text : kForeignKeys,
                             watch->names.stream + " and " + watch->names.meta);
      refused(*watch, now);
    } else if (room) {
      parts_.trouble.done(kCommand);
      watch->top_then = answer->top;
      watch->change_then = answer->last_change;
      parts_.counters.foreign += answer->foreign;
      warn_of_bounds(*watch, answer->bounds);
      if (watch->begun)
        compare(*watch, *room, *answer, now);
      else
        take_first(*watch, *answer, now);
    }
  }
  read_next();
}

// Whoever publishes cuts the stream for all. One line for each namespace is enough.
void ShardRooms::warn_of_bounds(const RoomWatch& watch, std::string_view bounds) {
  std::string own = text_of(bounds_of(settings_of(watch)));
  if (bounds.empty() || bounds == own || !warned_.insert(parts_.settings.namespace_of(watch.room)).second) return;
  parts_.tell("room " + in_log(watch.room) +
              " had another history-size or history-age when it was last published into (" + in_log(bounds) +
              " messages and seconds, here " + own + "): if servers differ, the smaller one counts for all");
}

// The readers may have missed something: the next question tells.
void ShardRooms::refused(RoomWatch& watch, Time now) {
  watch.state = RoomWatch::State::kLive;
  watch.drop_held();
  compare_later(watch, now + kPatience);
  answer(watch, Status::kUnavailable, now);
}

// The room begins on this node, or a part of what it begins with has come.
void ShardRooms::take_first(RoomWatch& watch, const PositionAnswer& answer, Time now) {
  collect(watch, answer);
  bool more = answer.read_to > 0 && answer.read_to < answer.top;
  if (more) return ask_to_read(watch);
  if (watch.last_offset != answer.top) watch.last.clear();
  Room* room = room_of(watch);
  node_->begin(*room, {std::string(answer.epoch), answer.top}, watch.last, now);
  watch.begun = true;
  watch.heard.begin(answer.last_change);
  watch.last.clear();
  watch.last.shrink_to_fit();
  watch.last_offset = 0;
  go_live(watch, now);
}

// Returns false if it is no publication, or one that this node does not show.
bool ShardRooms::read_entry(const StreamEntry& entry, RoomPayload& payload) {
  return reader_.read_entry(entry.publication, entry.offset, payload) && fits(payload.message);
}

// Keeps the messages that have no gap behind them, as many as the room may have.
void ShardRooms::collect(RoomWatch& watch, const PositionAnswer& answer) {
  const HistoryLimits& limits = settings_of(watch).history;
  for (const StreamEntry& entry : answer.entries) {
    RoomPayload payload;
    if (!read_entry(entry, payload)) {
      ++parts_.counters.foreign;
      watch.last.clear();
      watch.last_offset = entry.offset;
      continue;
    }
    if (entry.offset != watch.last_offset + 1) watch.last.clear();
    watch.last.emplace_back(payload.message);
    watch.last_offset = entry.offset;
    watch.mark(entry.offset, payload.message);
    if (watch.last.size() > std::min(limits.messages, limits.in_memory)) watch.last.erase(watch.last.begin());
  }
  if (answer.read_to <= watch.last_offset) return;
  watch.last.clear();
  watch.last_offset = answer.read_to;
}

// The room is where this node left it, or there is more, or it has become another one.
void ShardRooms::compare(RoomWatch& watch, Room& room, const PositionAnswer& answer, Time now) {
  uint64_t top = room.history().top();
  if (answer.epoch != room.epoch()) {
    losses_.room(now);
    return begin_anew(watch, answer, now);
  }
  bool other = answer.top < top;
  for (const StreamEntry& entry : answer.entries) {
    RoomPayload payload;
    if (entry.offset > top || !read_entry(entry, payload)) break;
    other = other || watch.contradicts(entry.offset, payload.message);
  }
  if (other) return renew(watch, answer.epoch);
  if (take_missing(watch, answer, now)) go_live(watch, now);
}

// The readers have missed something. Those who come next have the room opened again, and find what Redis has.
void ShardRooms::begin_anew(RoomWatch& watch, const PositionAnswer& answer, Time now) {
  tell_gap(watch, {std::string(answer.epoch), answer.top}, now);
  watch.mark(0, {});
  // Somebody may have done so already.
  if (!watch.wanted) go_live(watch, now);
}

// Returns true if nothing is missing any more. Otherwise it goes on by itself, or nobody needs it.
bool ShardRooms::take_missing(RoomWatch& watch, const PositionAnswer& answer, Time now) {
  bool gap = false;
  bool some = false;
  for (const StreamEntry& entry : answer.entries) {
    Room* room = room_of(watch);
    if (!room) return false;
    if (entry.offset < room->next_offset()) continue;
    RoomPayload payload;
    bool good = read_entry(entry, payload);
    if (!good) ++parts_.counters.foreign;
    gap = !good || entry.offset > room->next_offset();
    if (gap) break;
    some = true;
    ++parts_.counters.fetched;
    if (!deliver(watch, *room, entry.offset, payload.message, now)) break;
  }
  Room* room = room_of(watch);
  if (!room) return false;
  if (!gap && room->history().top() >= answer.top) return true;
  // What the stream does not have any more may still be on its way.
  if (gap && watch.by_time && watch.doubted != room->next_offset()) {
    watch.doubted = room->next_offset();
    go_live(watch, now);
    compare_later(watch, now + kPatience);
    return false;
  }
  // These were not all, or the others are gone.
  if (gap || !some)
    begin_anew(watch, answer, now);
  else
    ask_to_read(watch);
  return false;
}

bool ShardRooms::look_again(std::string_view room) {
  RoomWatch* watch = find(room);
  if (!watch || !watch->wanted || !watch->begun) return false;
  if (watch->state == RoomWatch::State::kLive && keeps(*watch)) {
    watch->state = RoomWatch::State::kReading;
    ask_to_read(*watch);
  }
  return true;
}

void ShardRooms::look_again() {
  for (const auto& [name, watch] : watches_) (void)look_again(name);
}

// Redis does not have what this node has seen: positions of this epoch mean nothing any more, on no node.
void ShardRooms::renew(RoomWatch& watch, std::string_view epoch) {
  std::string fresh = parts_.fresh_epoch();
  run_renew(link_, watch.names, epoch, fresh,
            [this, name = watch.room, reading = watch.reading](const RedisReply& reply, Time) {
              RoomWatch* renewed = find(name);
              if (reply.is_lost() || !renewed || renewed->reading != reading) return;
              ask_to_read(*renewed);
            });
}

void ShardRooms::compare_later(RoomWatch& watch, Time at) {
  watch.compare_at = at;
  to_compare_.emplace(at, watch.room);
}

// Time does not tell a quiet room from a subscription that the server has forgotten.
void ShardRooms::compare_some(Time now) {
  while (!to_compare_.empty() && to_compare_.begin()->first <= now) {
    auto [at, room] = *to_compare_.begin();
    to_compare_.erase(to_compare_.begin());
    RoomWatch* watch = find(room);
    if (!watch || watch->compare_at != at || !watch->wanted || watch->state != RoomWatch::State::kLive) continue;
    watch->state = RoomWatch::State::kReading;
    ask_to_read(*watch);
    watch->by_time = true;
  }
}

}  // namespace lws_chat
