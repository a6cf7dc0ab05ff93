#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/identity.h"
#include "core/log/message.h"

namespace lws_chat {

// Remembers what readers were told of this node's members, in the rooms of one Redis server. Redis cannot say that: it
// loses members who are there, and their node writes them again; other nodes take out the members of a node that is cut
// off.
//
// A member stays until Redis has answered that it has left.
class Announced {
 public:
  enum class Others : uint8_t {
    kUnaware,  // nobody has been told that it has come, as far as this node knows
    kKnow,     // readers on all nodes take it for present
    kMiss      // they were told that it has left, but it is here
  };
  struct Member {
    IdentityPtr who;
    Others others = Others::kUnaware;
    bool shown = false;    // readers on this node take it for present
    bool leaving = false;  // it is gone, and Redis has not answered yet
  };

  // Somebody comes, perhaps again.
  void come(const std::string& room, const IdentityPtr& who);
  // Somebody goes: `leaving` until left().
  void go(const std::string& room, std::string_view client);
  // Redis has answered, or never will. The member is forgotten if it has not come again meanwhile.
  void left(const std::string& room, std::string_view client);

  // nullptr: there is none. The pointer stays until left().
  Member* find(const std::string& room, std::string_view client);
  void each(const std::string& room, const std::function<void(Member&)>& visit);

  // Another node, or this one, announces a member of this node to all. Returns false if this node's readers need not
  // hear it: they know better.
  bool is_news(const std::string& room, Event::Kind kind, std::string_view client);

  size_t size() const;

 private:
  using Members = std::unordered_map<std::string_view, Member>;  // by Identity::client

  std::unordered_map<std::string, Members> rooms_;
};

}  // namespace lws_chat
