#include "redis/shard_presence.h"

#include <algorithm>
#include <memory>

#include "core/room/room.h"
#include "redis/client_info.h"
#include "redis/presence_script.h"
#include "redis/room_script.h"

namespace lws_chat {
namespace {

// Members that are said again, or that are found to be over, together.
constexpr size_t kTogether = 100;

// No server is on this line: whom Redis does not have was perhaps there.
constexpr std::string_view kNoLine = "-";

constexpr std::string_view kJoinMark = "__j__";
constexpr std::string_view kLeaveMark = "__l__";

}  // namespace

void ShardPresence::entered(const std::string& room, const IdentityPtr& who, bool announced, Time now) {
  if (rooms_.count(room) == 0) schedule(room, now + kSayAgain / 2);
  if (announced) announced_.come(room, who);
  say({room, who, true, announced});
}

void ShardPresence::left(const std::string& room, const IdentityPtr& who, bool announced) {
  announced_.go(room, who->client);
  say({room, who, false, announced});
}

void ShardPresence::say(const Change& change) {
  if (!link_.is_up() || !unsaid_.empty()) {
    if (unsaid_.size() < kMostUnsaid) return unsaid_.push_back(change);
    was_perhaps_untold(change.room);
    if (!change.came) announced_.left(change.room, change.who->client);
    return;
  }
  std::string info = client_info_on(*change.who, node_uid_);
  PresenceNames names = parts_.keys.of_presence(change.room);
  auto said = [this, change, info](const RedisReply& reply, Time) {
    change.came ? has_come(change, info, reply) : has_left(change, info, reply);
  };
  bool may_lack = change.repeated || unwritten_.count(change.room) > 0;
  std::string_view line = may_lack ? kNoLine : std::string_view(line_.last());
  std::vector<PresentMember> one{{change.who->client, info, change.who->user}};
  if (change.came)
    run_presence_add(link_, names, one, kSeconds, line, std::move(said));
  else
    run_presence_remove(link_, names, one, line, std::move(said));
}

// New in Redis is who was never there, who has left through another node meanwhile, and, if Redis has lost something,
// who was there all the time.
void ShardPresence::has_come(const Change& change, std::string_view info, const RedisReply& reply) {
  Announced::Member* member = announced_.find(change.room, change.who->client);
  Announced::Others others = member ? member->others : Announced::Others::kUnaware;
  if (reply.is_lost() && others == Announced::Others::kUnaware) was_perhaps_untold(change.room);
  if (refused(change.room, reply) || !change.announced) return;
  bool was_lost = others == Announced::Others::kKnow && reply.integer < 0;
  bool is_new = (reply.integer != 0 && !was_lost) || others == Announced::Others::kMiss;
  if (member && others != Announced::Others::kMiss) member->shown = !is_new;
  if (member) member->others = Announced::Others::kKnow;
  if (is_new) publish(change.room, kJoinMark, info);
}

// Whom others miss they were told about. Whom Redis does not have has left through another node, or was lost. If the
// answer is lost, what came after it on this connection is, too: whoever has come again is written again.
void ShardPresence::has_left(const Change& change, std::string_view info, const RedisReply& reply) {
  Announced::Member* member = announced_.find(change.room, change.who->client);
  if (reply.is_lost() && member) {
    if (member->leaving) say({change.room, change.who, false, change.announced, true});
    return;
  }
  Announced::Others others = member ? member->others : Announced::Others::kUnaware;
  announced_.left(change.room, change.who->client);
  if (refused(change.room, reply) || !change.announced) return;
  bool was_there = reply.integer > 0 && others != Announced::Others::kMiss;
  bool was_lost = reply.integer < 0 && others == Announced::Others::kKnow;
  if (was_there || was_lost) publish(change.room, kLeaveMark, info);
}

bool ShardPresence::is_news(const std::string& room, Event::Kind kind, std::string_view client, std::string_view info) {
  return node_of_client(info) != node_uid_ || announced_.is_news(room, kind, client);
}

void ShardPresence::publish(const std::string& room, std::string_view mark, std::string_view info) {
  announce(room, std::string(mark).append(info));
}

void ShardPresence::announce(const std::string& room, std::string_view payload) {
  run_announce(link_, parts_.keys.of_room(room), payload, [this, room](const RedisReply& reply, Time) {
    if (reply.is_lost()) was_perhaps_untold(room);
    (void)failed("EVALSHA (announce)", reply);
  });
}

// To announce it again could be wrong by then. So readers are told that they have missed something.
void ShardPresence::was_perhaps_untold(const std::string& room) {
  if (parts_.settings.of(room).join_leave && untold_.size() < kMostUnsaid) untold_.insert(room);
}

bool ShardPresence::failed(std::string_view command, const RedisReply& reply, std::string_view keys) {
  if (reply.is_lost()) return true;
  if (!reply.is_error()) {
    parts_.trouble.done(command);
    return false;
  }
  ++parts_.counters.errors;
  parts_.trouble.refused(command, reply.text, keys);
  return true;
}

// The room's name is enough for its keys while all is well.
bool ShardPresence::refused(const std::string& room, const RedisReply& reply) {
  std::string keys;
  if (reply.is_error()) {
    PresenceNames names = parts_.keys.of_presence(room);
    keys = names.data + " and " + names.expire + " and " + names.user_clients + " and " + names.user_expire;
  }
  return failed("EVALSHA (presence)", reply, keys);
}

void ShardPresence::schedule(const std::string& room, Time at) {
  rooms_[room] = at;
  schedule_.emplace(at, room);
}

// What has happened meanwhile is said in its order. The server may have lost everything else.
void ShardPresence::up(Time now) {
  find_over_from_ = now + kOthersFirst;
  missed_until_ = now + kOweFor;
  std::deque<Change> unsaid = std::exchange(unsaid_, {});
  for (const Change& change : unsaid) say(change);
  std::vector<std::string> rooms;
  for (const auto& [room, at] : rooms_) rooms.push_back(room);
  for (const std::string& room : rooms) say_all_again(room, now);
  for (const std::string& room : std::exchange(untold_, {})) announce(room, {});
}

void ShardPresence::say_all_again(const std::string& room, Time now) {
  Room* found = node_->opened(room);
  std::vector<std::pair<IdentityPtr, std::string>> members;  // and their infos
  auto add = [&](const IdentityPtr& who) {
    if (who) members.emplace_back(who, client_info_on(*who, node_uid_));
  };
  if (found) {
    for (Client* member : found->members())
      if (member->announced()) add(member->identity());
    for (const Absent& absent : found->absent()) add(absent.identity);
  }
  if (members.empty()) {
    rooms_.erase(room);
    unwritten_.erase(room);
    return;
  }
  schedule(room, now < find_over_from_ ? find_over_from_ : now + kSayAgain);
  if (!link_.is_up()) return;
  PresenceNames names = parts_.keys.of_presence(room);
  for (size_t begin = 0; begin < members.size(); begin += kTogether) {
    size_t end = std::min(begin + kTogether, members.size());
    std::vector<PresentMember> said;
    said.reserve(end - begin);
    for (size_t i = begin; i < end; ++i) {
      const auto& [who, info] = members[i];
      said.push_back({who->client, info, who->user});
    }
    run_presence_keep(link_, names, said, kSeconds,
                      [this, room](const RedisReply& reply, Time then) { were_missed(room, reply, then); });
  }
  if (now >= find_over_from_) find_over(room);
}

// This node was cut off for so long that others were told that its members had left.
void ShardPresence::were_missed(const std::string& room, const RedisReply& reply, Time now) {
  if (refused(room, reply)) return void(unwritten_.insert(room));
  unwritten_.erase(room);
  for (const RedisReply& client : reply.items) {
    Announced::Member* member = announced_.find(room, client.text);
    if (!member) continue;
    member->others = Announced::Others::kMiss;
    if (missed_.empty()) missed_until_ = now + kOweFor;
    missed_.insert(room);
  }
}

// Not before the room is caught up: members who have missed messages leave it then, and some come back as others.
void ShardPresence::announce_missed(Time now) {
  if (!link_.is_up()) return;
  for (auto next = missed_.begin(); next != missed_.end();) {
    auto place = next++;
    const std::string& room = *place;
    if (now < missed_until_ && !caught_up(room)) continue;
    announced_.each(room, [this, &room](Announced::Member& member) {
      if (member.leaving || member.others != Announced::Others::kMiss) return;
      member.others = Announced::Others::kKnow;
      publish(room, kJoinMark, client_info_on(*member.who, node_uid_));
    });
    missed_.erase(place);
  }
}

void ShardPresence::find_over(const std::string& room) {
  run_presence_expire(link_, parts_.keys.of_presence(room), kTogether, kSeconds,
                      [this, room](const RedisReply& reply, Time now) { were_over(room, reply, now); });
}

void ShardPresence::were_over(const std::string& room, const RedisReply& reply, Time now) {
  if (refused(room, reply)) return;
  std::optional<PresenceOver> over = read_presence_expire(reply);
  if (!over) {
    ++parts_.counters.foreign;
    return;
  }
  if (parts_.settings.of(room).join_leave)
    for (const PresentMember& member : over->gone) publish(room, kLeaveMark, member.info);
  if (over->gone.size() >= kTogether) return find_over(room);
  auto known = rooms_.find(room);
  if (known == rooms_.end() || !over->next_ms) return;
  Time next = now + static_cast<Time>(*over->next_ms + 50) * 1000;
  if (next < known->second) schedule(room, next);
}

Deferred<SharedPresence::List> ShardPresence::list(std::string_view room, Time now) {
  using List = SharedPresence::List;
  if (!link_.answers()) return List{Status::kUnavailable};
  Promise<List> promise;
  Questions::Answered answered = questions_.ask(now, [promise]() mutable { promise.keep({Status::kUnavailable}); });
  run_presence_read(link_, parts_.keys.of_presence(room),
                    [this, promise, answered, room = std::string(room)](const RedisReply& reply, Time) mutable {
                      *answered = true;
                      List list;
                      std::optional<std::vector<PresentMember>> members;
                      if (!refused(room, reply)) members = read_presence(reply);
                      if (!members) return promise.keep({Status::kUnavailable});
                      for (const PresentMember& member : *members) {
                        Identity who;
                        if (read_client_info(member.info, who))
                          list.members.push_back(std::move(who));
                        else
                          ++parts_.counters.foreign;
                      }
                      promise.keep(list);
                    });
  return promise.deferred();
}

Deferred<SharedPresence::Count> ShardPresence::count(std::string_view room, Time now) {
  using Count = SharedPresence::Count;
  if (!link_.answers()) return Count{Status::kUnavailable};
  Promise<Count> promise;
  Questions::Answered answered = questions_.ask(now, [promise]() mutable { promise.keep({Status::kUnavailable}); });
  run_presence_stats(link_, parts_.keys.of_presence(room),
                     [this, promise, answered, room = std::string(room)](const RedisReply& reply, Time) mutable {
                       *answered = true;
                       std::optional<PresenceCount> count;
                       if (!refused(room, reply)) count = read_presence_stats(reply);
                       if (!count) return promise.keep({Status::kUnavailable});
                       promise.keep({Status::kOk, count->clients, count->users.value_or(count->clients)});
                     });
  return promise.deferred();
}

void ShardPresence::tick(Time now) {
  announce_missed(now);
  questions_.tick(now);
  while (!schedule_.empty() && schedule_.begin()->first <= now) {
    auto [at, room] = *schedule_.begin();
    schedule_.erase(schedule_.begin());
    auto known = rooms_.find(room);
    if (known != rooms_.end() && known->second == at) say_all_again(room, now);
  }
}

Time ShardPresence::due() const {
  Time due = questions_.due();
  if (link_.is_up() && !missed_.empty()) due = std::min(due, missed_until_);
  return schedule_.empty() ? due : std::min(due, schedule_.begin()->first);
}

}  // namespace lws_chat
