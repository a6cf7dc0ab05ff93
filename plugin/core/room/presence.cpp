#include "core/room/presence.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

#include "core/room/room.h"

namespace lws_chat {

Presence::Presence(Memory& memory, FlushQueue& queue, Records* records, SharedPresence* shared)
    : memory_(memory),
      queue_(queue),
      departed_(memory.presence, std::min<uint64_t>(Departed::kMostBytes, memory.limit / 4)),
      records_(records),
      shared_(shared) {}

void Presence::introduce(Client& client, IdentityPtr identity) {
  assert(!client.identity_);
  if (client.room_) {
    introduced_.emplace(identity->client, &client);
    client.introduced_ = true;
  }
  client.identity_ = std::move(identity);
}

Client* Presence::introduced(std::string_view id) const {
  auto found = introduced_.find(id);
  return found == introduced_.end() ? nullptr : found->second;
}

void Presence::withdraw(Room& room, Client& client) {
  forget_record(room, {client.identity_, 0, std::exchange(client.recorded_, false)});
  if (client.introduced_) introduced_.erase(client.identity_->client);
  client.introduced_ = false;
}

void Presence::came(Client& client, Time now) {
  Room& room = *client.room_;
  forget_lists(room);
  const RoomSettings& settings = room.settings();
  if (!settings.presence) return;
  bool was_absent = !room.presence_slot.absent_.empty() && client.identified() && take_back(room, client);
  // Meanwhile it may have been on another node, and have left there.
  if (settings.shared) return came_on_this_node(room, client, now);
  if (was_absent) return;
  record(room, client);
  if (!client.announced_ || !settings.join_leave || !room.streams().tell_joins()) return;
  if (IdentityPtr identity = client.identity()) tell(room, Event::Kind::kJoin, identity->json, now);
}

void Presence::left(Room& room, Client& client, Departure departure, Time now) {
  forget_lists(room);
  Absent gone{client.identity_, now + room.settings().presence_grace, std::exchange(client.recorded_, false)};
  withdraw(room, client);
  const RoomSettings& settings = room.settings();
  if (!settings.presence || !client.identified() || !client.announced_) return;
  bool may_return = departure == Departure::kMayReturn && settings.presence_grace > 0 &&
                    room.streams().kind(client.kind_).recognized && absent_.size() < Departed::kMost;
  if (may_return && note_absent(room, gone)) return;
  forget_record(room, gone);
  this->gone(room, client.identity_, now);
}

// In a room that nodes share, all members of this node are told to the others.
void Presence::came_on_this_node(Room& room, Client& client, Time now) {
  if (!shared_ || !client.announced_) return;
  if (IdentityPtr identity = client.identity()) shared_->entered(room, identity, room.settings().join_leave, now);
}

void Presence::gone(Room& room, const IdentityPtr& who, Time now) {
  if (!room.settings().shared) return tell_of_leave(room, who->json, now);
  if (shared_) shared_->left(room, who, room.settings().join_leave, now);
}

// The other nodes learn it, too. Without memory for it, the client comes back as another one.
void Presence::depart(std::string_view key, const IdentityPtr& who, Time until, Time now) {
  departed_.add(std::string(key), who, until);
  if (shared_) shared_->departed(key, who, until, now);
}

Deferred<IdentityPtr> Presence::take_back(std::string_view key, Time now) {
  IdentityPtr here = departed_.take(key, now);
  if (!shared_) return here;
  return shared_->returned(key, now).map([here](const IdentityPtr& anywhere) { return anywhere ? anywhere : here; });
}

void Presence::arrive(std::string_view key, const IdentityPtr& who, Time now) {
  if (shared_) shared_->arrived(key, who, now);
}

void Presence::end(std::string_view key) {
  if (shared_) shared_->ended(key);
}

void Presence::tell(Room& room, Event::Kind kind, std::string_view about, Time now) {
  if (!room.settings().join_leave || !room.streams().tell_joins()) return;
  RoomStreams::Attempt attempt(room.streams());
  room.streams().append({kind, room.name(), Message{{}, Format::kJson, about}});
  attempt.keep();
  queue_.note_message(room, now);
}

void Presence::tell_of_leave(Room& room, std::string_view about, Time now) {
  try {
    tell(room, Event::Kind::kLeave, about, now);
  } catch (const std::exception&) {
    queue_.note_lost_leave(room, now);
  }
}

void Presence::told(Room& room, Event::Kind kind, std::string_view who, Time now) {
  forget_lists(room);
  if (kind == Event::Kind::kLeave) return tell_of_leave(room, who, now);
  tell(room, kind, who, now);
}

// Returns false if there is no memory to remember it.
bool Presence::note_absent(Room& room, const Absent& who) {
  std::list<Absent>& all = room.presence_slot.absent_;
  bool first = all.empty();
  try {
    std::list<Absent> one;
    one.push_back(who);
    auto [place, fresh] = absent_.try_emplace({&room, who.identity->client}, one.begin());
    if (!fresh) return false;
    try {
      if (first) absences_.emplace(who.until, &room);
    } catch (...) {
      absent_.erase(place);
      throw;
    }
    all.splice(all.end(), one);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// Returns true if the client was absent from the room. Now it is not.
bool Presence::take_back(Room& room, Client& client) {
  auto found = absent_.find({&room, client.identity_->client});
  if (found == absent_.end() || found->second->identity->json != client.identity_->json) return false;
  client.recorded_ = found->second->recorded;
  Time before = room.presence_slot.absent_.front().until;
  auto entry = found->second;
  absent_.erase(found);
  room.presence_slot.absent_.erase(entry);
  follow_first_absent(room, before);
  return true;
}

// The first of the room's absent members may be another one now.
void Presence::follow_first_absent(Room& room, Time before) {
  auto node = absences_.extract({before, &room});
  if (room.presence_slot.absent_.empty()) return;
  node.value().first = room.presence_slot.absent_.front().until;
  absences_.insert(std::move(node));
}

// Rooms that are not durable, and clients that cannot come back, cost nothing.
void Presence::record(Room& room, Client& client) {
  bool kept = records_.kept() && room.durable() && room.settings().presence_grace > 0 && client.announced_ &&
              client.identified() && room.streams().kind(client.kind_).recognized;
  if (kept && !client.return_key().empty())
    client.recorded_ = records_.keep(room.name(), *client.identity_, client.return_key());
}

void Presence::forget_record(const Room& room, const Absent& who) {
  if (who.recorded) records_.drop(room.name(), *who.identity);
}

// A client may have been in several rooms.
void Presence::bring_back(Time now, const std::function<Room*(std::string_view room)>& open) {
  if (!records_.kept()) return;
  std::unordered_map<std::string, IdentityPtr> known;
  records_.load([&](PresentRecords::Present&& present) {
    Room* room = open(present.room);
    Time grace = room ? room->settings().presence_grace : 0;
    bool counts = room && room->settings().is_durable() && room->settings().presence && grace > 0;
    auto [place, fresh] = known.try_emplace(present.who.client);
    if (fresh) place->second = std::make_shared<const Identity>(present.who);
    if (!counts || !note_absent(*room, {place->second, now + grace, true}))
      return records_.drop(present.room, present.who);
    if (fresh) departed_.add(present.key, place->second, now + grace);
  });
}

PresenceLists& Presence::ask(Room& room, Time now) {
  Slot& slot = room.presence_slot;
  if (!slot.lists_) slot.lists_ = std::make_unique<PresenceLists>(memory_.presence);
  slot.lists_->asked_at = now;
  asked_.remove(slot.asked_);
  asked_.push(room, slot.asked_);
  return *slot.lists_;
}

void Presence::count(Room& room) {
  PresenceLists& known = *room.presence_slot.lists_;
  known.charge.set(sizeof known + known.list.capacity());
  while (memory_.over_limit() && asked_.first() != &room) forget_lists(*asked_.first());
}

void Presence::forget_lists(Room& room) {
  if (!room.presence_slot.lists_) return;
  asked_.remove(room.presence_slot.asked_);
  room.presence_slot.lists_.reset();
}

bool Presence::forget_oldest_lists() {
  if (!asked_.first()) return false;
  forget_lists(*asked_.first());
  return true;
}

void Presence::forget(Room& room) {
  std::list<Absent>& absent = room.presence_slot.absent_;
  if (!absent.empty()) absences_.erase({absent.front().until, &room});
  for (const Absent& one : absent) {
    forget_record(room, one);
    absent_.erase({&room, one.identity->client});
  }
  absent.clear();
  forget_lists(room);
}

Time Presence::due() const {
  Time due = std::min(departed_.due(), absences_.empty() ? kNever : absences_.begin()->first);
  if (asked_.first()) due = std::min(due, asked_.first()->presence_slot.lists_->asked_at + kKeepLists);
  return due;
}

void Presence::expire(Time now, const std::function<void(Room&)>& emptied) {
  departed_.expire(now);
  while (asked_.first() && asked_.first()->presence_slot.lists_->asked_at + kKeepLists <= now) forget_oldest_lists();
  while (!absences_.empty() && absences_.begin()->first <= now) {
    Room& room = *absences_.begin()->second;
    expire_absent(room, now);
    emptied(room);
  }
}

void Presence::expire_absent(Room& room, Time now) {
  std::list<Absent>& absent = room.presence_slot.absent_;
  Time before = absent.front().until;
  while (!absent.empty() && absent.front().until <= now) {
    forget_record(room, absent.front());
    gone(room, absent.front().identity, now);
    absent_.erase({&room, absent.front().identity->client});
    absent.pop_front();
  }
  forget_lists(room);
  follow_first_absent(room, before);
}

}  // namespace lws_chat
