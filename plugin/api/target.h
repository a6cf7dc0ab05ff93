#pragma once

#include <string>
#include <vector>

#include "dialect/centrifuge/request.h"
#include "dialect/sessions.h"
#include "dialect/visitor.h"

namespace lws_chat::api {

// The clients that a request names. An empty field matches every client.
struct Target {
  std::string user;
  std::string client;
  std::string session;

  bool empty() const { return user.empty() && client.empty() && session.empty(); }
};

// Reads user, client and session.
Target read_target(Request& request);

// The sessions of these clients, if their dialect knows their user or they have a name.
std::vector<Visitor*> visitors_of(const Target& target, const Sessions& sessions);

}  // namespace lws_chat::api
