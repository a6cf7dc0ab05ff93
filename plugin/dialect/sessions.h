#pragma once

#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/identity.h"

namespace lws_chat {

class Visitor;

// The sessions of a hub that have said who they are, by key, client id and user: for back ends and for other sessions.
class Sessions {
 public:
  // A session's place among the others.
  class Place {
    friend class Sessions;
    const Identity* who_ = nullptr;  // nullptr: the session was not added
    std::string_view key_;
    std::multimap<std::string_view, Visitor*>::iterator by_user_;
  };

  // Adds a session; if this throws, it is not added. `who` and `key` have to stay where they are until the session is
  // removed; the key may be empty. Precondition: no other session has this client id or this key.
  void add(Visitor& session, const Identity& who, std::string_view key, Place& place);

  // A back end has revoked tokens: those end that they let in. An empty user: of anybody.
  void check_revoked(std::string_view user, Time now);

  // Removes the session, if it is there.
  void remove(Place& place);

  // The session of that key or client id, or nullptr. A client that gives a session's name in `connect` replaces that
  // session, if the old connection is still there.
  Visitor* of_key(std::string_view key) const;
  Visitor* of_client(std::string_view client) const;

  // All sessions that their clients gave this name: one for each user, where users are confirmed.
  std::vector<Visitor*> named(std::string_view name) const;
  std::vector<Visitor*> of_user(std::string_view user) const;

  // The number of different users.
  size_t users() const { return users_; }

  size_t untaken = 0;  // bytes of replies that clients have not taken, of all sessions

 private:
  bool is_alone(std::multimap<std::string_view, Visitor*>::const_iterator place) const;

  std::unordered_map<std::string_view, Visitor*> by_key_;
  std::unordered_map<std::string_view, Visitor*> by_client_;
  std::multimap<std::string_view, Visitor*> by_user_;
  size_t users_ = 0;
};

}  // namespace lws_chat
