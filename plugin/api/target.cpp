#include "api/target.h"

#include <algorithm>

namespace lws_chat::api {

Target read_target(Request& request) {
  request.refuse({"label_filter", "all_users"});
  return {request.text("user"), request.text("client"), request.text("session")};
}

std::vector<Visitor*> visitors_of(const Target& target, const Sessions& sessions) {
  if (target.empty()) return {};
  std::vector<Visitor*> found;
  if (!target.client.empty()) {
    if (Visitor* visitor = sessions.of_client(target.client)) found.push_back(visitor);
  } else {
    found = target.user.empty() ? sessions.named(target.session) : sessions.of_user(target.user);
  }
  auto is_other = [&](Visitor* visitor) { return !visitor->is(target.user, target.client, target.session); };
  found.erase(std::remove_if(found.begin(), found.end(), is_other), found.end());
  return found;
}

}  // namespace lws_chat::api
