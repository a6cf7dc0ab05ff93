#include "redis/shard_rooms.h"

#include <algorithm>
#include <exception>
#include <vector>

#include "core/room/room.h"

namespace lws_chat {
namespace {

// Rooms for which the server is asked at the same time. The others wait, so that a server that comes back is not
// flooded.
constexpr size_t kAtOnce = 500;

}  // namespace

RoomWatch* ShardRooms::find(std::string_view room) {
  auto found = watches_.find(room);
  return found == watches_.end() ? nullptr : found->second.get();
}

// The hub's room, if it needs the messages.
Room* ShardRooms::room_of(const RoomWatch& watch) { return watch.wanted ? node_->opened(watch.room) : nullptr; }

Known ShardRooms::known(std::string_view room) {
  RoomWatch* watch = find(room);
  Room* found = watch && watch->begun ? room_of(*watch) : nullptr;
  return found ? Known{found->epoch(), found->history().top()} : Known{};
}

bool ShardRooms::is_caught_up(std::string_view room) {
  RoomWatch* watch = find(room);
  return !watch || !watch->wanted || watch->state == RoomWatch::State::kLive;
}

Deferred<Status> ShardRooms::open(const Room& room, Time now) {
  RoomWatch* watch = find(room.name());
  bool known = watch && watch->state == RoomWatch::State::kLive && !keeps(*watch);
  Time patience = link_.answers() ? kPatience : kAwayPatience;
  if (!known && link_.left_of(patience) == 0) return Status::kUnavailable;
  if (!watch) {
    auto made = std::make_unique<RoomWatch>(room.name(), parts_.keys.of_room(room.name()));
    std::string_view key = made->room;
    watch = watches_.emplace(key, std::move(made)).first->second.get();
  }
  watch->wanted = true;
  watch->begun = false;
  if (known) {
    begin_unkept(*watch, now);
    return Status::kOk;
  }
  watch->wait = link_.wait(patience, now);
  watch->until = watch->wait.until;
  to_answer_.emplace(watch->until, watch->room);
  watch->opening.emplace();
  Deferred<Status> opened = watch->opening->deferred();
  if (watch->state == RoomWatch::State::kLive || watch->state == RoomWatch::State::kReading) {
    read_again(*watch);
  } else if (watch->state == RoomWatch::State::kIdle && link_.hears()) {
    ask_to_subscribe(*watch);
    subscribe_next();
  }
  return opened;
}

// Somebody may come back soon, so the subscription stays for a while.
void ShardRooms::close(std::string_view room, Time now) {
  RoomWatch* watch = find(room);
  if (!watch) return;
  watch->wanted = false;
  watch->begun = false;
  watch->drop_held();
  watch->until = now + kGrace;
  to_forget_.emplace(watch->until, watch->room);
}

// The hub closes only rooms that it could open.
void ShardRooms::answer(RoomWatch& watch, Status status, Time now) {
  if (!watch.opening) return;
  Promise<Status> promise = *watch.opening;
  watch.opening.reset();
  watch.until = kNever;
  if (status != Status::kOk) close(watch.room, now);
  promise.keep(status);
}

// Where no messages are kept there is no position to read. Members that were there before have perhaps missed some.
void ShardRooms::begin_unkept(RoomWatch& watch, Time now) {
  Room* room = room_of(watch);
  if (room && watch.begun && watch.missed) tell_gap(watch, {room->epoch(), room->history().top()}, now);
  watch.missed = false;
  watch.begun = room_of(watch) != nullptr;
  watch.state = RoomWatch::State::kLive;
}

void ShardRooms::up(Time) {
  for (const auto& [name, watch] : watches_)
    if (watch->wanted) ask_to_subscribe(*watch);
  subscribe_next();
}

// Whatever was under way is not answered any more.
void ShardRooms::down() {
  to_subscribe_.clear();
  to_read_.clear();
  subscribing_ = reading_ = 0;
  for (const auto& [name, watch] : watches_) {
    watch->state = RoomWatch::State::kIdle;
    watch->missed = true;
    watch->heard.cut_off();
    ++watch->reading;
    watch->drop_held();
    watch->last.clear();
    watch->last_offset = 0;
  }
}

void ShardRooms::ask_to_subscribe(RoomWatch& watch) {
  watch.state = RoomWatch::State::kSubscribing;
  to_subscribe_.push_back(watch.room);
}

void ShardRooms::subscribe_next() {
  std::vector<std::string_view> channels;
  while (!to_subscribe_.empty() && subscribing_ < kAtOnce) {
    RoomWatch* watch = find(to_subscribe_.front());
    to_subscribe_.pop_front();
    if (!watch || watch->state != RoomWatch::State::kSubscribing) continue;
    channels.push_back(watch->names.channel);
    ++subscribing_;
  }
  if (!channels.empty()) link_.subscribe(channels);
}

bool ShardRooms::subscribed(std::string_view channel, Time now) {
  std::string_view room = parts_.keys.room_of(channel);
  if (room.empty()) return false;
  progress_ = now;
  if (subscribing_ > 0) --subscribing_;
  RoomWatch* watch = find(room);
  if (watch && watch->state != RoomWatch::State::kSubscribing && !watch->heard.confirmed())
    tell_missed_changes(*watch, now);
  if (watch && watch->state == RoomWatch::State::kSubscribing) {
    if (keeps(*watch)) {
      watch->state = RoomWatch::State::kReading;
      ask_to_read(*watch);
    } else {
      begin_unkept(*watch, now);
      answer(*watch, Status::kOk, now);
    }
  }
  subscribe_next();
  return true;
}

bool ShardRooms::message(std::string_view channel, std::string_view payload, Time now) {
  std::string_view room = parts_.keys.room_of(channel);
  if (room.empty()) return false;
  progress_ = now;
  RoomWatch* watch = find(room);
  // Without a room in the hub nobody needs it. Whoever opens the room reads where it is.
  if (!watch || !watch->wanted) return true;
  ++parts_.counters.received;
  if (watch->state == RoomWatch::State::kLive)
    act_on(*watch, payload, false, now);
  else if (!watch->missed)
    watch->hold(payload);
  return true;
}

// `outdated`: the room's position was read after the payload had come.
void ShardRooms::act_on(RoomWatch& watch, std::string_view payload, bool outdated, Time now) {
  RoomPayload read;
  if (!reader_.read(payload, read)) {
    ++parts_.counters.foreign;
    return;
  }
  take(watch, read, payload, outdated, now);
}

void ShardRooms::take(RoomWatch& watch, const RoomPayload& payload, std::string_view bytes, bool outdated, Time now) {
  Room* room = room_of(watch);
  if (!room) return;
  if (payload.kind != Event::Kind::kPublication) return tell(watch, payload, bytes, now);
  if (!fits(payload.message)) return take_too_large(watch, *room, payload, now);
  if (payload.offset == 0 || !keeps(watch)) return void(deliver(watch, *room, 0, payload.message, now));
  bool other_epoch = payload.epoch != room->epoch();
  if (other_epoch && outdated) return void(++parts_.counters.repeated);
  // Redis does not have it: somebody else has published it.
  if (!other_epoch && outdated && payload.offset > watch.top_then) return void(++parts_.counters.foreign);
  if (other_epoch || payload.offset > room->next_offset()) {
    watch.state = RoomWatch::State::kReading;
    watch.hold(bytes);
    return ask_to_read(watch);
  }
  if (payload.offset < room->next_offset()) {
    ++parts_.counters.repeated;
    return;
  }
  deliver(watch, *room, payload.offset, payload.message, now);
}

// The info stands behind the mark. Where no stream is read, nobody knows a first number.
void ShardRooms::tell(RoomWatch& watch, const RoomPayload& payload, std::string_view bytes, Time now) {
  constexpr size_t kMark = std::string_view("__j__").size();
  std::string_view info = bytes.substr(kMark);
  std::optional<ChangeNumbers> numbers = keeps(watch) ? numbers_of_change(info) : std::nullopt;
  if (numbers && !watch.heard.take(*numbers)) tell_missed_changes(watch, now);
  if (!is_news(watch.room, payload.kind, payload.who->client, info)) return;
  if (Room* room = room_of(watch)) node_->told(*room, payload.kind, payload.who->json, now);
}

// Those who are told who comes and goes subscribe again, find their messages, and ask who is there.
void ShardRooms::tell_missed_changes(RoomWatch& watch, Time now) {
  Room* room = room_of(watch);
  if (room && node_->missed_changes(*room, now)) ++parts_.counters.change_gaps;
}

bool ShardRooms::fits(const Message& message) const {
  return parts_.max_message == 0 || message.payload.size() <= parts_.max_message;
}

// The node's own limit is smaller than that of the publisher's node. If a stream has the message, the gap shows when
// the stream is read.
void ShardRooms::take_too_large(RoomWatch& watch, Room& room, const RoomPayload& payload, Time now) {
  bool kept = payload.offset > 0 && keeps(watch);
  if (!kept) {
    ++parts_.counters.foreign;
    return tell_gap(watch, {room.epoch(), room.history().top()}, now);
  }
  if (payload.epoch == room.epoch() && payload.offset < room.next_offset()) return void(++parts_.counters.repeated);
  watch.state = RoomWatch::State::kReading;
  ask_to_read(watch);
}

// Returns false if there is no memory for the message. Then the readers are told, and nothing of the room stays.
bool ShardRooms::deliver(RoomWatch& watch, Room& room, uint64_t offset, const Message& message, Time now) {
  bool kept = offset > 0;
  Message shown = message;
  shown.ephemeral = !kept;
  try {
    (void)node_->deliver(room, kept ? offset : room.next_offset(), shown, now);
    if (kept) watch.mark(offset, message);
    return true;
  } catch (const std::exception&) {
    tell_gap(watch, {room.epoch(), kept ? offset : room.history().top()}, now);
    return false;
  }
}

void ShardRooms::tell_gap(RoomWatch& watch, const Position& position, Time now) {
  Room* room = room_of(watch);
  if (!room) return;
  if (!room->members().empty()) ++parts_.counters.gaps;
  node_->moved(*room, position, now);
}

// Subscribed and up to date: what was held comes next.
void ShardRooms::go_live(RoomWatch& watch, Time now) {
  if (watch.missed) return ask_to_read(watch);
  watch.state = RoomWatch::State::kLive;
  compare_later(watch, now + kCompareAfter);
  watch.heard.compare(watch.change_then);
  answer(watch, Status::kOk, now);
  std::deque<std::string> held = std::move(watch.held);
  size_t outdated = watch.held_then;
  watch.drop_held();
  for (const std::string& payload : held) {
    if (watch.state == RoomWatch::State::kLive)
      act_on(watch, payload, outdated > 0, now);
    else
      watch.hold(payload);
    outdated -= outdated > 0;
  }
  if (watch.heard.asks()) subscribe_again(watch);
}

// The confirmation comes behind what was announced before.
void ShardRooms::subscribe_again(const RoomWatch& watch) {
  ++subscribing_;
  link_.subscribe({watch.names.channel});
}

void ShardRooms::forget_unwanted(Time now) {
  std::vector<std::string> gone;
  for (; !to_forget_.empty() && to_forget_.begin()->first <= now; to_forget_.erase(to_forget_.begin())) {
    RoomWatch* watch = find(to_forget_.begin()->second);
    if (watch && !watch->wanted && watch->until == to_forget_.begin()->first) gone.push_back(watch->room);
  }
  std::vector<std::string_view> channels;
  std::vector<std::unique_ptr<RoomWatch>> ended;
  for (const std::string& name : gone) {
    auto place = watches_.find(name);
    // A room that was closed twice at the same time is here twice.
    if (place == watches_.end()) continue;
    if (place->second->state != RoomWatch::State::kIdle) channels.push_back(place->second->names.channel);
    ended.push_back(std::move(place->second));
    watches_.erase(place);
  }
  if (!channels.empty() && link_.hears()) link_.unsubscribe(channels);
}

// Others may be ahead. Only what is read comes with the answers to commands.
Time ShardRooms::end_of_wait(const RoomWatch& watch) const {
  Time progress = watch.state == RoomWatch::State::kReading ? std::max(progress_, link_.heard()) : progress_;
  return std::min(watch.wait.longest, std::max(watch.wait.until, progress + watch.wait.patience));
}

void ShardRooms::give_up_openings(Time now) {
  while (!to_answer_.empty() && to_answer_.begin()->first <= now) {
    std::string room = std::move(to_answer_.begin()->second);
    to_answer_.erase(to_answer_.begin());
    RoomWatch* watch = find(room);
    if (!watch || !watch->opening || watch->until > now) continue;
    watch->until = end_of_wait(*watch);
    if (watch->until > now)
      to_answer_.emplace(watch->until, std::move(room));
    else
      answer(*watch, Status::kUnavailable, now);
  }
}

void ShardRooms::tick(Time now) {
  give_up_openings(now);
  forget_unwanted(now);
  compare_some(now);
}

Time ShardRooms::due() const {
  Time due = kNever;
  for (const Dates* dates : {&to_answer_, &to_forget_, &to_compare_})
    if (!dates->empty()) due = std::min(due, dates->begin()->first);
  return due;
}

}  // namespace lws_chat
