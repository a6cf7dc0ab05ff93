#include "core/hub.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lws_chat {

Hub::Hub(const Settings& settings, StreamKinds kinds, const Seams& seams)
    : settings_(settings),
      kinds_(std::move(kinds)),
      fanout_(seams.fanout),
      waker_(seams.waker),
      broker_(seams.broker ? seams.broker : &local_),
      gate_(seams.gate ? seams.gate : &open_gate_),
      journal_(seams.journal),
      account_(settings.max_memory / 2),
      input_account_(settings.max_memory / 4),
      shares_(settings.max_rooms_per_origin),
      departed_(std::min<uint64_t>(Departed::kMostBytes, settings.max_memory / 4)),
      random_(settings.random) {
  broker_->attach(*this);
  namespaces_.push_back({"", settings.rooms, {}});
  for (const auto& [name, rooms] : settings.namespaces) namespaces_.push_back({name, rooms, {}});
}

Hub::~Hub() = default;

Namespace& Hub::namespace_of(std::string_view room) {
  std::string_view name = room.substr(0, std::min(room.find(':'), room.size()));
  if (name.size() == room.size()) return namespaces_.front();
  for (Namespace& group : namespaces_)
    if (group.name == name) return group;
  return namespaces_.front();
}

const Room* Hub::find(std::string_view name) const {
  auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

Room* Hub::find(std::string_view name) { return const_cast<Room*>(std::as_const(*this).find(name)); }

// True if there may be one more room without another being forgotten.
bool Hub::has_room_left(size_t name_length) const {
  return rooms_.size() < settings_.max_rooms && Room::cost(name_length) <= account_.left();
}

bool Hub::has_place(std::string_view name, Origin origin) const {
  return find(name) || (shares_.left(origin) > 0 && (has_room_left(name.size()) || vacant_.first()));
}

bool Hub::has_places(const std::vector<std::string>& names, Origin origin) const {
  std::set<const Room*> there;
  for (const std::string& name : names)
    if (const Room* room = find(name)) there.insert(room);
  size_t missing = names.size() - there.size();
  if (missing > shares_.left(origin)) return false;
  size_t places = std::min<size_t>(settings_.max_rooms - std::min<size_t>(settings_.max_rooms, rooms_.size()),
                                   account_.left() / Room::cost(kMaxRoomName));
  for (const Room* room = vacant_.first(); room && places < missing; room = room->vacant_.next)
    if (there.count(room) == 0) ++places;
  return places >= missing;
}

// The room of that name, made if it is not there; nullptr if there is no place for it.
Room* Hub::open(std::string_view name, Origin origin) {
  auto found = rooms_.find(name);
  if (found != rooms_.end()) return found->second.get();
  if (!has_place(name, origin)) return nullptr;
  bool one_more = has_room_left(name.size());
  auto made = std::make_unique<Room>(pool_, kinds_, account_, namespace_of(name), std::string(name), next_epoch());
  std::string_view key = made->name();
  shares_.take(origin);
  made->maker_ = origin;
  try {
    Room* room = rooms_.emplace(key, std::move(made)).first->second.get();
    if (!one_more) forget(*vacant_.first());
    return room;
  } catch (...) {
    shares_.give_back(origin);
    throw;
  }
}

Presence& Hub::ask_presence(Room& room, Time now) {
  if (!room.presence_) room.presence_ = std::make_unique<Presence>();
  room.presence_->asked_at = now;
  asked_.remove(room);
  asked_.push(room);
  return *room.presence_;
}

void Hub::count_presence(Room& room) {
  Presence& known = *room.presence_;
  size_t bytes = sizeof known + known.list.capacity();
  presence_bytes_ += bytes - known.counted;
  known.counted = bytes;
  while (bytes_in_use() > settings_.max_memory && asked_.first() != &room) forget_presence(*asked_.first());
}

void Hub::forget_presence(Room& room) {
  if (!room.presence_) return;
  presence_bytes_ -= room.presence_->counted;
  asked_.remove(room);
  room.presence_.reset();
}

void Hub::introduce(Client& client, IdentityPtr identity) {
  assert(!client.identity_);
  if (client.room_) {
    introduced_.emplace(identity->client, &client);
    client.introduced_ = true;
  }
  client.identity_ = std::move(identity);
}

Client* Hub::introduced(std::string_view id) const {
  auto found = introduced_.find(id);
  return found == introduced_.end() ? nullptr : found->second;
}

// Tells those who want to know that somebody came, unless it only came back.
void Hub::welcome(Room& room, Client& client, Time now) {
  if (!room.absent_.empty() && client.identified() && return_of(room, client.identity_)) return;
  if (!room.settings().join_leave || !room.streams_.tell_joins()) return;
  if (IdentityPtr identity = client.identity()) tell(room, Event::Kind::kJoin, *identity, now);
}

void Hub::tell(Room& room, Event::Kind kind, const Identity& about, Time now) {
  if (!room.settings().join_leave || !room.streams_.tell_joins()) return;
  RoomStreams::Attempt attempt(room.streams_);
  room.streams_.append({kind, room.name(), Message{{}, Format::kJson, about.json}});
  attempt.keep();
  note_waiting(room, now);
}

// Nobody is kept from leaving for want of memory. Those who are not told of it are dismissed by the next flush.
void Hub::tell_of_leave(Room& room, const Identity& about, Time now) {
  try {
    tell(room, Event::Kind::kLeave, about, now);
  } catch (const std::exception&) {
    room.untold_ = true;
    make_dirty(room, now);
  }
}

// Returns whether there is memory to remember it.
bool Hub::note_absent(Room& room, const IdentityPtr& identity, Time until) {
  bool first = room.absent_.empty();
  try {
    std::list<Room::Absent> one;
    one.push_back({identity, until});
    auto [place, fresh] = absent_.try_emplace({&room, identity.get()}, one.begin());
    if (!fresh) return false;
    try {
      if (first) absences_.emplace(until, &room);
    } catch (...) {
      absent_.erase(place);
      throw;
    }
    room.absent_.splice(room.absent_.end(), one);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// Whether the identity was absent from the room, which it then no longer is.
bool Hub::return_of(Room& room, const IdentityPtr& identity) {
  auto found = absent_.find({&room, identity.get()});
  if (found == absent_.end()) return false;
  Time before = room.absent_.front().until;
  room.absent_.erase(found->second);
  absent_.erase(found);
  follow_first_absent(room, before);
  return true;
}

// The first of the room's absent clients is another one now.
void Hub::follow_first_absent(Room& room, Time before) {
  auto node = absences_.extract({before, &room});
  if (room.absent_.empty()) return;
  node.value().first = room.absent_.front().until;
  absences_.insert(std::move(node));
}

void Hub::leave(Client& client, Time now, Departure departure) {
  Wake wake(*this);
  if (client.joining_) *client.joining_ = false;
  client.joining_ = nullptr;
  Room* room = client.room_;
  if (!room) return;
  room->remove(client);
  forget_presence(*room);
  occupied_ -= room->members_.empty();
  if (client.introduced_) introduced_.erase(client.identity_->client);
  client.introduced_ = false;
  --counters_.of(client.kind_).subscriptions;
  const RoomSettings& settings = room->settings();
  if (settings.presence && client.identified()) {
    bool may_return =
        departure == Departure::kMayReturn && kinds_[client.kind_].recognized && settings.presence_grace > 0;
    if (!may_return || absent_.size() >= Departed::kMost ||
        !note_absent(*room, client.identity_, now + settings.presence_grace))
      tell_of_leave(*room, *client.identity_, now);
  }
  if (room->members_.empty() && room->promised_) remember(*room, now);
  retire(*room);
}

void Hub::replay_from(Client& client, uint64_t offset) {
  client.replay_next_ = offset;
  client.replay_end_ = client.room_->history_.top() + 1;
}

const History& Hub::history(Room& room, Time now) {
  room.history_.expire(now);
  return room.history_;
}

void Hub::dismiss_after_head(Client& client, Status why, Time now) {
  if (!client.room_ || client.leaving_ != Status::kOk) return;
  Wake wake(*this);
  client.stop_ = client.stream_->stream.head();
  client.leaving_ = why;
  make_dirty(*client.room_, now);
}

void Hub::clear_history(Room& room) {
  if (journal_ && room.settings().durable) journal_->forget(room.name());
  room.history_.clear();
  if (!room.promised_) room.namespace_.remembered.remove(room);
  retire(room);
}

// The room has something that may be asked for later.
void Hub::remember(Room& room, Time now) {
  room.touched_at_ = now;
  room.namespace_.remembered.remove(room);
  room.namespace_.remembered.push(room);
}

// Drops what is too old as a whole; what is too old in a history otherwise goes with its next message or
// reader.
void Hub::expire(Time now) {
  for (Namespace& group : namespaces_) {
    while (Room* room = group.remembered.first()) {
      if (room->touched_at_ + group.settings.history.age > now) break;
      room->history_.clear();
      group.remembered.remove(*room);
      retire(*room);
    }
  }
  departed_.expire(now);
  while (asked_.first() && asked_.first()->presence_->asked_at + kKeepPresence <= now) forget_presence(*asked_.first());
  while (!absences_.empty() && absences_.begin()->first <= now) expire_absent(*absences_.begin()->second, now);
}

void Hub::expire_absent(Room& room, Time now) {
  Time before = room.absent_.front().until;
  while (!room.absent_.empty() && room.absent_.front().until <= now) {
    tell_of_leave(room, *room.absent_.front().identity, now);
    absent_.erase({&room, room.absent_.front().identity.get()});
    room.absent_.pop_front();
  }
  forget_presence(room);
  follow_first_absent(room, before);
  retire(room);
}

// Frees memory until there is little enough of it: first what can be made again, then the oldest history, then the
// slowest readers.
void Hub::reclaim(Time now) {
  while (bytes_in_use() > settings_.max_memory && asked_.first()) forget_presence(*asked_.first());
  while (bytes_in_use() > settings_.max_memory) {
    if (Block* page = pool_.oldest(BlockKind::kHistory)) {
      Room& room = *page->owner;
      room.history_.drop_oldest_page();
      if (!room.history_.empty()) continue;
      if (!room.promised_) room.namespace_.remembered.remove(room);
      retire(room);
      continue;
    }
    Block* segment = pool_.oldest(BlockKind::kStream);
    if (!segment || !evict_readers(*segment, now)) return;
  }
}

// Forgets everything of a room without members, which ends it.
void Hub::forget(Room& room) {
  room.history_.clear();
  room.namespace_.remembered.remove(room);
  if (!room.absent_.empty()) absences_.erase({room.absent_.front().until, &room});
  for (const Room::Absent& absent : room.absent_) absent_.erase({&room, absent.identity.get()});
  room.absent_.clear();
  forget_presence(room);
  retire(room);
}

// Dismisses those who stand in the oldest segment and do not move on. Returns whether that freed it.
bool Hub::evict_readers(Block& segment, Time now) {
  Room& room = *segment.owner;
  const RoomStream& slow = room.streams_.owner_of(segment);
  const Stream& stream = slow.stream;
  Cursor tail = stream.tail();
  uint64_t rest = stream.head() - tail - stream.unread(tail, stream.head()).size();
  auto each_behind = [&](auto&& serve) {
    for (size_t i = room.members_.size(); i-- > 0;)
      if (Client& client = *room.members_[i]; client.stream_ == &slow && client.lag() > rest) serve(client);
  };
  {
    Walk walk(*this, room);
    each_behind([&](Client& client) { pump(client, now); });
    // What a flush has gathered counts as taken only when it is sent.
    if (fanout_) (void)fanout_->complete();
    each_behind([&](Client& client) { dismiss(client, {Status::kSlow}, now); });
  }
  bool freed = stream.tail() != tail;
  retire(room);
  return freed;
}

// Ends a room that nobody is in and that remembers nothing.
void Hub::retire(Room& room) {
  if (!room.members_.empty() || room.dirty_.listed || room.busy()) return;
  // Somebody may leave other rooms than the one that is being walked through: those end with a flush.
  if (in_room_) {
    room.due_ = 0;
    room.delayed_ = false;
    return now_.push(room);
  }
  if (room.remembered_.listed || !room.absent_.empty()) {
    if (!room.vacant_.listed) vacant_.push(room);
    return;
  }
  vacant_.remove(room);
  shares_.give_back(room.maker_);
  forget_presence(room);
  if (room.usable_) broker_->close(room);
  rooms_.erase(rooms_.find(room.name()));
}

std::string Hub::next_id() {
  std::string text;
  for (int half = 0; half < 2; ++half) {
    uint64_t x = random_.next();
    for (int i = 0; i < 16; ++i, x >>= 4) text += "0123456789abcdef"[x & 15];
  }
  return text;
}

// A number that no earlier room of this or an earlier hub is likely to have had, in base 36.
std::string Hub::next_epoch() {
  uint64_t x = random_.next();
  std::string text;
  for (int i = 0; i < 8; ++i, x /= 36) text += "0123456789abcdefghijklmnopqrstuvwxyz"[x % 36];
  return text;
}

}  // namespace lws_chat
