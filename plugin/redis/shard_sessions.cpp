#include "redis/shard_sessions.h"

#include <algorithm>
#include <memory>

#include "redis/client_info.h"
#include "redis/session_script.h"
#include "redis/sha1.h"

namespace lws_chat {
namespace {

constexpr char kScript[] = "EVALSHA (session)";

}  // namespace

bool ShardSessions::failed(std::string_view command, std::string_view digest, const RedisReply& reply) {
  if (reply.is_lost()) return true;
  if (!reply.is_error()) {
    parts_.trouble.done(command);
    return false;
  }
  ++parts_.counters.errors;
  parts_.trouble.refused(command, reply.text, parts_.keys.session(digest));
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
  if (link_.is_up()) come(digest, session);
}

// A session that is over when the answer comes has nothing to tell.
void ShardSessions::come(const std::string& digest, Session& session) {
  session.said = true;
  session.asked_at.reset();
  session.was_asked = false;
  run_session_come(link_, parts_.keys.session(digest), client_info_on(*session.who, node_uid_), kSeconds,
                   [this, digest, who = session.who](const RedisReply& reply, Time) {
                     if (!failed("SET", digest, reply) && reply.is_text() && find(digest, who))
                       tell_former(reply.text, digest);
                   });
}

// Returns nullptr if it is over, or another one has come.
ShardSessions::Session* ShardSessions::find(const std::string& digest, const IdentityPtr& who) {
  auto known = sessions_.find(digest);
  return known == sessions_.end() || known->second.who != who || known->second.taken ? nullptr : &known->second;
}

// The node where the session was, if it was on one, and that is not this one.
void ShardSessions::tell_former(std::string_view value, std::string_view digest) {
  std::string_view node = node_of_client(value);
  if (!node.empty() && node != node_uid_) tell_(node, digest);
}

Deferred<IdentityPtr> ShardSessions::returned(std::string_view key, Time now) {
  if (!link_.answers()) return IdentityPtr();
  Promise<IdentityPtr> promise;
  Questions::Answered answered = questions_.ask(now, [promise]() mutable { promise.keep(nullptr); });
  std::string digest = sha1_hex(key);
  auto taken = [this, digest, promise, answered](const RedisReply& reply, Time) mutable {
    *answered = true;
    auto who = std::make_shared<Identity>();
    bool found = !failed("GETDEL", digest, reply) && reply.is_text() && read_client_info(reply.text, *who);
    if (found) tell_former(reply.text, digest);
    promise.keep(found ? IdentityPtr(std::move(who)) : nullptr);
  };
  run_session_take(link_, parts_.keys.session(digest), std::move(taken));
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
                    [this, digest](const RedisReply& reply, Time) { (void)failed("SET", digest, reply); });
    return;
  }
  Session session = std::move(known->second);
  sessions_.erase(known);
  if (session.taken || !link_.is_up()) return;
  run_session_go(link_, place, client_info_on(*session.who, node_uid_), value, milliseconds,
                 [this, digest](const RedisReply& reply, Time) { (void)failed(kScript, digest, reply); });
}

// The client may have come back to this node meanwhile, so Redis decides.
void ShardSessions::claimed(std::string_view digest, std::string_view node) {
  auto known = sessions_.find(std::string(digest));
  if (known == sessions_.end() || known->second.taken) return;
  known->second.claimed_by = node;
  known->second.was_asked = known->second.asked_at.has_value();
  if (link_.is_up()) say_again(known->first, known->second, {});
}

// The session ends, which forgets it.
void ShardSessions::take_out(const std::string& digest, Session& session, Time now) {
  session.taken = true;
  IdentityPtr who = session.who;
  replaced_(who->client, now);
  sessions_.erase(digest);
}

// A session may have come elsewhere while nobody could tell this node.
void ShardSessions::up(Time now) {
  schedule_.clear();
  for (auto& [digest, session] : sessions_) schedule(digest, session, now);
}

void ShardSessions::say_again(const std::string& digest, Session& session, std::string_view instead) {
  run_session_stay(link_, parts_.keys.session(digest), client_info_on(*session.who, node_uid_), instead, kSeconds,
                   [this, digest, who = session.who](const RedisReply& reply, Time then) {
                     if (failed(kScript, digest, reply)) return;
                     if (Session* still = find(digest, who)) said_again(digest, *still, reply, then);
                   });
}

// Redis may have another value although the session is only here: of a connection that is over, or because a server
// knows only what was a moment ago. So the node that it names is asked, and has to say that it has the session: what it
// said before may have been late, too.
void ShardSessions::said_again(const std::string& digest, Session& session, const RedisReply& reply, Time now) {
  if (!reply.is_text()) {
    session.asked_at.reset();
    session.was_asked = false;
    std::string node = std::exchange(session.claimed_by, {});
    return node.empty() ? void() : tell_(node, digest);
  }
  std::string_view node = node_of_client(reply.text);
  if (node.empty() || node == node_uid_) return say_again(digest, session, reply.text);
  if (session.was_asked && node == session.claimed_by) return take_out(digest, session, now);
  if (!session.asked_at) session.asked_at = now;
  if (*session.asked_at + kProof <= now) return come(digest, session);
  schedule(digest, session, std::min(*session.asked_at + kProof, now + kAskAgain));
  tell_(node, digest);
}

void ShardSessions::tick(Time now) {
  questions_.tick(now);
  for (size_t left = kTogether; left > 0 && !schedule_.empty() && schedule_.begin()->first <= now; --left) {
    auto [at, digest] = *schedule_.begin();
    schedule_.erase(schedule_.begin());
    auto known = sessions_.find(digest);
    if (known == sessions_.end() || known->second.again != at) continue;
    Session& session = known->second;
    schedule(digest, session, now + kSayAgain);
    if (!link_.is_up()) continue;
    session.said ? say_again(digest, session, {}) : come(digest, session);
  }
}

Time ShardSessions::due() const {
  Time due = questions_.due();
  return schedule_.empty() ? due : std::min(due, schedule_.begin()->first);
}

}  // namespace lws_chat
