#pragma once

#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/identity.h"

namespace lws_chat {

class Session;

// What sessions have to know of each other, one for each hub: those that have said who they are, by what a back end
// and other sessions know them.
class Sessions {
 public:
  // A session's place among the others.
  class Place {
    friend class Sessions;
    const Identity* who_ = nullptr;  // nullptr: it has none
    std::string_view key_;
    std::multimap<std::string_view, Session*>::iterator by_user_;
  };

  // Adds a session, or throws and does not. Who it is and its key, empty if it has none, have to stay where they are
  // until it is removed. Precondition: no other session has this client id or this key.
  void add(Session& session, const Identity& who, std::string_view key, Place& place);

  // Removes it, if it is there.
  void remove(Place& place);

  // The session of that key or client id; nullptr if there is none. A client that says in `connect` which session it
  // is takes the place of that session, should its old connection not have been given up yet.
  Session* of_key(std::string_view key) const;
  Session* of_client(std::string_view client) const;
  std::vector<Session*> of_user(std::string_view user) const;

  // Number of different users.
  size_t users() const { return users_; }

  size_t untaken = 0;  // bytes kept of replies that clients have not taken whole, of all sessions

 private:
  bool is_alone(std::multimap<std::string_view, Session*>::const_iterator place) const;

  std::unordered_map<std::string_view, Session*> by_key_;
  std::unordered_map<std::string_view, Session*> by_client_;
  std::multimap<std::string_view, Session*> by_user_;
  size_t users_ = 0;
};

}  // namespace lws_chat
