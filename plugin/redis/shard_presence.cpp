#include "redis/shard_presence.h"

#include <algorithm>
#include <memory>

#include "core/room/room.h"
#include "redis/client_info.h"
#include "redis/presence_script.h"

namespace lws_chat {
namespace {

// Members that are said again, or that are found to be over, together.
constexpr size_t kTogether = 100;

constexpr std::string_view kJoinMark = "__j__";
constexpr std::string_view kLeaveMark = "__l__";

}  // namespace

void ShardPresence::entered(const std::string& room, const IdentityPtr& who, bool announced, Time now) {
  if (rooms_.count(room) == 0) schedule(room, now + kSayAgain / 2);
  say({room, who, true, announced});
}

void ShardPresence::left(const std::string& room, const IdentityPtr& who, bool announced) {
  say({room, who, false, announced});
}

void ShardPresence::say(const Change& change) {
  if (!link_.is_up() || !unsaid_.empty()) {
    if (unsaid_.size() < kMostUnsaid) unsaid_.push_back(change);
    return;
  }
  std::string info = client_info_on(*change.who, node_uid_);
  PresenceNames names = parts_.keys.of_presence(change.room);
  auto said = [this, change, info](const RedisReply& reply, Time) {
    if (refused(change.room, reply) || reply.integer <= 0 || !change.announced) return;
    publish(change.room, change.came ? kJoinMark : kLeaveMark, info);
  };
  std::vector<PresentMember> one{{change.who->client, info, change.who->user}};
  if (change.came)
    run_presence_add(link_, names, one, kSeconds, std::move(said));
  else
    run_presence_remove(link_, names, one, std::move(said));
}

void ShardPresence::publish(const std::string& room, std::string_view mark, std::string_view info) {
  std::string payload = std::string(mark).append(info);
  link_.command({"PUBLISH", parts_.keys.of_room(room).channel, payload},
                [this](const RedisReply& reply, Time) { (void)failed("PUBLISH", reply); });
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
  std::deque<Change> unsaid = std::exchange(unsaid_, {});
  for (const Change& change : unsaid) say(change);
  std::vector<std::string> rooms;
  for (const auto& [room, at] : rooms_) rooms.push_back(room);
  for (const std::string& room : rooms) say_all_again(room, now);
}

void ShardPresence::say_all_again(const std::string& room, Time now) {
  Room* found = node_->opened(room);
  std::vector<Member> members;
  auto add = [&](const IdentityPtr& who) {
    if (who) members.push_back({who, client_info_on(*who, node_uid_)});
  };
  if (found) {
    for (Client* member : found->members())
      if (member->announced()) add(member->identity());
    for (const Absent& absent : found->absent()) add(absent.identity);
  }
  if (members.empty()) {
    rooms_.erase(room);
    return;
  }
  schedule(room, now < find_over_from_ ? find_over_from_ : now + kSayAgain);
  if (!link_.is_up()) return;
  PresenceNames names = parts_.keys.of_presence(room);
  for (size_t begin = 0; begin < members.size(); begin += kTogether) {
    std::vector<Member> some(members.begin() + static_cast<ptrdiff_t>(begin),
                             members.begin() + static_cast<ptrdiff_t>(std::min(begin + kTogether, members.size())));
    std::vector<PresentMember> said;
    said.reserve(some.size());
    for (const Member& member : some) said.push_back({member.who->client, member.info, member.who->user});
    run_presence_keep(link_, names, said, kSeconds,
                      [this, room, some](const RedisReply& reply, Time) { announce_again(room, some, reply); });
  }
  if (now >= find_over_from_) find_over(room);
}

// This node was cut off for so long that others were told that its members had left.
void ShardPresence::announce_again(const std::string& room, const std::vector<Member>& members,
                                   const RedisReply& reply) {
  if (refused(room, reply) || !parts_.settings.of(room).join_leave) return;
  for (const RedisReply& client : reply.items)
    for (const Member& member : members)
      if (member.who->client == client.text) publish(room, kJoinMark, member.info);
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

void ShardPresence::ask(Time now, std::function<void()> give_up) {
  questions_.push_back({now + link_.left_of(kPatience), std::move(give_up)});
}

Deferred<SharedPresence::List> ShardPresence::list(std::string_view room, Time now) {
  using List = SharedPresence::List;
  if (!link_.answers()) return List{Status::kUnavailable};
  Promise<List> promise;
  ask(now, [promise]() mutable { promise.keep({Status::kUnavailable}); });
  run_presence_read(link_, parts_.keys.of_presence(room),
                    [this, promise, room = std::string(room)](const RedisReply& reply, Time) mutable {
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
  ask(now, [promise]() mutable { promise.keep({Status::kUnavailable}); });
  run_presence_stats(link_, parts_.keys.of_presence(room),
                     [this, promise, room = std::string(room)](const RedisReply& reply, Time) mutable {
                       std::optional<PresenceCount> count;
                       if (!refused(room, reply)) count = read_presence_stats(reply);
                       if (!count) return promise.keep({Status::kUnavailable});
                       promise.keep({Status::kOk, count->clients, count->users.value_or(count->clients)});
                     });
  return promise.deferred();
}

void ShardPresence::tick(Time now) {
  while (!questions_.empty() && questions_.front().deadline <= now) {
    Question question = std::move(questions_.front());
    questions_.pop_front();
    question.give_up();
  }
  while (!schedule_.empty() && schedule_.begin()->first <= now) {
    auto [at, room] = *schedule_.begin();
    schedule_.erase(schedule_.begin());
    auto known = rooms_.find(room);
    if (known != rooms_.end() && known->second == at) say_all_again(room, now);
  }
}

Time ShardPresence::due() const {
  Time due = questions_.empty() ? kNever : questions_.front().deadline;
  return schedule_.empty() ? due : std::min(due, schedule_.begin()->first);
}

}  // namespace lws_chat
