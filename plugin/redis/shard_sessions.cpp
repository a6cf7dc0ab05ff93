#include "redis/shard_sessions.h"

#include <algorithm>
#include <memory>

#include "redis/client_info.h"
#include "redis/session_script.h"
#include "redis/sha1.h"

namespace lws_chat {

bool ShardSessions::failed(std::string_view command, const RedisReply& reply) {
  if (reply.is_lost()) return true;
  if (!reply.is_error()) return false;
  ++parts_.counters.errors;
  parts_.report(command, reply.text);
  return true;
}

void ShardSessions::schedule(const std::string& digest, Session& session, Time at) {
  session.again = at;
  schedule_.emplace(at, digest);
}

// Two nodes may have asked at the same time who the client was. The one that comes last has it.
void ShardSessions::arrived(std::string_view key, const IdentityPtr& who, Time now) {
  std::string digest = sha1_hex(key);
  Session& session = sessions_[digest];
  session = {who};
  schedule(digest, session, now + kSayAgain);
  if (!link_.is_up()) return;
  run_session_come(link_, parts_.keys.session(digest), client_info_on(*who, node_uid_), kSeconds,
                   [this, digest](const RedisReply& reply, Time) {
                     if (!failed("SET", reply) && reply.is_text()) tell_former(reply.text, digest);
                   });
}

// The node where the session was, if it was on one, and that is not this one.
void ShardSessions::tell_former(std::string_view value, std::string_view digest) {
  std::string_view node = node_of_client(value);
  if (!node.empty() && node != node_uid_) tell_(node, digest);
}

Deferred<IdentityPtr> ShardSessions::returned(std::string_view key, Time now) {
  if (!link_.is_up()) return IdentityPtr();
  Promise<IdentityPtr> promise;
  questions_.push_back({now + kPatience, promise});
  std::string digest = sha1_hex(key);
  run_session_take(link_, parts_.keys.session(digest), [this, digest, promise](const RedisReply& reply, Time) mutable {
    auto who = std::make_shared<Identity>();
    bool found = !failed("GETDEL", reply) && reply.is_text() && read_client_info(reply.text, *who);
    if (found) tell_former(reply.text, digest);
    promise.keep(found ? IdentityPtr(std::move(who)) : nullptr);
  });
  return promise.deferred();
}

void ShardSessions::departed(std::string_view key, const IdentityPtr& who, Time left) {
  std::string value;
  if (left > 0) append_client_info(value, who->json);
  go(key, value, left);
}

void ShardSessions::ended(std::string_view key) { go(key, {}, 0); }

// Of a session without a name nobody knows where it is.
void ShardSessions::go(std::string_view key, std::string_view value, Time left) {
  std::string digest = sha1_hex(key), place = parts_.keys.session(digest);
  auto milliseconds = static_cast<uint64_t>(left / 1000 + 1);
  std::string time = std::to_string(milliseconds);
  auto known = sessions_.find(digest);
  if (known == sessions_.end()) {
    if (link_.is_up() && !value.empty())
      link_.command({"SET", place, value, "PX", time},
                    [this](const RedisReply& reply, Time) { (void)failed("SET", reply); });
    return;
  }
  Session session = std::move(known->second);
  sessions_.erase(known);
  if (session.taken || !link_.is_up()) return;
  run_session_go(link_, place, client_info_on(*session.who, node_uid_), value, milliseconds,
                 [this](const RedisReply& reply, Time) { (void)failed("EVALSHA (session)", reply); });
}

// The session ends, which forgets it.
void ShardSessions::taken(std::string_view digest, Time now) {
  auto known = sessions_.find(std::string(digest));
  if (known == sessions_.end() || known->second.taken) return;
  known->second.taken = true;
  IdentityPtr who = known->second.who;
  replaced_(who->client, now);
  sessions_.erase(std::string(digest));
}

// A session may have come elsewhere while nobody could tell this node.
void ShardSessions::up(Time now) {
  schedule_.clear();
  for (auto& [digest, session] : sessions_) schedule(digest, session, now);
}

void ShardSessions::say_again(const std::string& digest, Time now) {
  auto known = sessions_.find(digest);
  IdentityPtr who = known->second.who;
  schedule(digest, known->second, now + kSayAgain);
  if (!link_.is_up()) return;
  run_session_stay(link_, parts_.keys.session(digest), client_info_on(*who, node_uid_), kSeconds,
                   [this, digest, who](const RedisReply& reply, Time then) {
                     if (failed("EVALSHA (session)", reply) || reply.kind != RedisReply::Kind::kInteger) return;
                     auto still = sessions_.find(digest);
                     bool same = still != sessions_.end() && still->second.who == who;
                     if (reply.integer == 0 && same) taken(digest, then);
                   });
}

void ShardSessions::tick(Time now) {
  while (!questions_.empty() && questions_.front().deadline <= now) {
    Promise<IdentityPtr> promise = questions_.front().promise;
    questions_.pop_front();
    promise.keep(nullptr);
  }
  for (size_t left = kTogether; left > 0 && !schedule_.empty() && schedule_.begin()->first <= now; --left) {
    auto [at, digest] = *schedule_.begin();
    schedule_.erase(schedule_.begin());
    auto known = sessions_.find(digest);
    if (known != sessions_.end() && known->second.again == at) say_again(digest, now);
  }
}

Time ShardSessions::due() const {
  Time due = questions_.empty() ? kNever : questions_.front().deadline;
  return schedule_.empty() ? due : std::min(due, schedule_.begin()->first);
}

}  // namespace lws_chat
