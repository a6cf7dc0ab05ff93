#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "access/guest.h"
#include "core/publication.h"
#include "dialect/centrifuge/session.h"

namespace lws_chat {

// A `connect` that is under way: it may wait for a back end, and for the rooms that the server puts the client into.
struct Session::Connecting {
  struct Entry {
    std::string room;
    InvitationPtr invitation;  // nullptr: the client asks for the room, and gets it if it may join
  };

  // A room that the client knows.
  struct Known {
    std::optional<Position> position{};  // if the client wants what it has missed
    bool delta = false;                  // it asks for deltas
  };

  Command command;     // without its request
  size_t claimed = 0;  // bytes that were claimed before
  std::string client;  // the id that the back end is told
  std::string data;    // JSON, as the client sent it
  std::string user;    // what the client says about itself in `data`
  std::string info;    // JSON
  std::string session_name;
  std::map<std::string, Known, std::less<>> seen{};
  std::vector<Entry> rooms{};  // to be entered
  size_t next = 0;             // the one that is entered now
  std::string results{};       // of those before it: "ROOM":RESULT,...
};

}  // namespace lws_chat
