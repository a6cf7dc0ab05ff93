#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/broker.h"
#include "core/shared_presence.h"
#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/questions.h"

namespace lws_chat {

// Sessions of clients, as one Redis server knows them: on which node those with a name are, and who those were that
// have lost their connection. A key is a secret of its client, so Redis gets its digest.
class ShardSessions {
 public:
  // A session with a name is known for so long after its node has said that it is there. It says so again after the
  // second time. A node that dies leaves them behind: then the client is the same one when it comes back.
  static constexpr uint64_t kSeconds = 600;
  static constexpr Time kSayAgain = 240'000'000;
  // Sessions that are said again in one tick.
  static constexpr size_t kTogether = 1000;
  // Questions are answered by then, see Questions.
  static constexpr Time kPatience = 1'000'000;
  // A node that Redis says has the session has to say so itself within this time. Redis may know only what was. It is
  // asked again after the second time.
  static constexpr Time kProof = 30'000'000;
  static constexpr Time kAskAgain = 5'000'000;

  // The session of a client with this id is on another node now.
  using Replaced = std::function<void(std::string_view client, Time now)>;
  // Tells a node that the session with this digest is here now.
  using Tell = std::function<void(std::string_view node, std::string_view digest)>;

  ShardSessions(RedisLink& link, const BrokerParts& parts, std::string node_uid, Replaced replaced, Tell tell)
      : link_(link),
        parts_(parts),
        node_uid_(std::move(node_uid)),
        replaced_(std::move(replaced)),
        tell_(std::move(tell)),
        questions_(link, kPatience) {}

  // See SharedPresence.
  void arrived(std::string_view key, const IdentityPtr& who, Time now);
  void departed(std::string_view key, const IdentityPtr& who, Time left);
  void ended(std::string_view key);
  Deferred<IdentityPtr> returned(std::string_view key, Time now);

  // Another node says that it has the session with this digest. It is over here if Redis says so, too.
  void claimed(std::string_view digest, std::string_view node);

  // Commands work, or messages of other nodes come again.
  void up(Time now);
  void tick(Time now);
  Time due() const;

 private:
  struct Session {
    IdentityPtr who;
    Time again = 0;                  // when it is said again
    bool said = false;               // Redis was told that it has come
    bool taken = false;              // it is on another node
    std::string claimed_by{};        // the other node that has said so last
    bool was_asked = false;          // that node, before
    std::optional<Time> asked_at{};  // when a node was asked whether it has the session
  };

  void go(std::string_view key, std::string_view value, Time left);
  void come(const std::string& digest, Session& session);
  void say_again(const std::string& digest, Session& session, std::string_view instead);
  void said_again(const std::string& digest, Session& session, const RedisReply& reply, Time now);
  void take_out(const std::string& digest, Session& session, Time now);
  Session* find(const std::string& digest, const IdentityPtr& who);
  void schedule(const std::string& digest, Session& session, Time at);
  void tell_former(std::string_view value, std::string_view digest);
  bool failed(std::string_view command, std::string_view digest, const RedisReply& reply);

  RedisLink& link_;
  const BrokerParts& parts_;
  const std::string node_uid_;
  const Replaced replaced_;
  const Tell tell_;
  std::unordered_map<std::string, Session> sessions_;  // those with a name that are here, by digest
  std::multimap<Time, std::string> schedule_;
  Questions questions_;
};

}  // namespace lws_chat
