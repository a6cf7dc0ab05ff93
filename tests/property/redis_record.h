// What has happened to the messages of all rooms, on all servers and nodes, and what may not happen.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/broker.h"
#include "redis/payload.h"

namespace lws_chat::redis_model {

inline unsigned running_seed = 0;
inline long running_step = 0;

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "broken: %s; seed %u, step %ld\n", what.c_str(), running_seed, running_step);
  std::abort();
}

// With LWS_CHAT_TRACE in the environment, what happens is printed.
inline void trace(const std::string& line) {
  static const bool on = std::getenv("LWS_CHAT_TRACE") != nullptr;
  if (on) std::fprintf(stderr, "%ld: %s\n", running_step, line.c_str());
}

using Id = long;

// A message's payload is "<ID>" and something behind it.
inline Id id_of(std::string_view payload) {
  if (payload.empty() || payload[0] != '<') fail("a message that nobody has published");
  return std::atol(std::string(payload.substr(1)).c_str());
}

class Record {
 public:
  // A message has this position, as a server, a node or a reader sees it.
  void note(const std::string& room, const std::string& epoch, uint64_t offset, Id id) {
    trace(room + " " + epoch + " " + std::to_string(offset) + " <" + std::to_string(id) + ">");
    auto [place, fresh] = positions_.try_emplace({room, epoch, offset}, id);
    if (!fresh && place->second != id)
      fail("position " + std::to_string(offset) + " of " + room + " in " + epoch + " means " +
           std::to_string(place->second) + " and " + std::to_string(id));
  }

  // A server has given the message to its subscribers.
  void spread(const std::string& room, const std::string& server, Id id) {
    if (refused_.count(id) > 0) fail("a message was published that was refused: " + std::to_string(id));
    spread_.insert(id);
    places_[id].emplace(server, ++last_[{server, room}]);
  }

  void refused(Id id) {
    if (spread_.count(id) > 0) fail("a message was refused that was published: " + std::to_string(id));
    refused_.insert(id);
  }

  bool is_spread(Id id) const { return spread_.count(id) > 0; }

  // Where the message stood among those that the server has spread in the room.
  const std::map<std::string, uint64_t>& places(Id id) { return places_[id]; }

  std::optional<Id> at(const std::string& room, const std::string& epoch, uint64_t offset) const {
    auto found = positions_.find({room, epoch, offset});
    return found == positions_.end() ? std::optional<Id>() : found->second;
  }

  struct Answered {
    std::string room;
    Id id;
    Position position;
  };
  std::vector<Answered> kept{};  // publications that were answered with a position

 private:
  std::map<std::tuple<std::string, std::string, uint64_t>, Id> positions_;
  std::set<Id> spread_;
  std::set<Id> refused_;
  std::map<Id, std::map<std::string, uint64_t>> places_;
  std::map<std::pair<std::string, std::string>, uint64_t> last_;
};

}  // namespace lws_chat::redis_model
