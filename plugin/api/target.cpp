#include "api/target.h"

#include "dialect/centrifuge/session.h"

namespace lws_chat::api {

Target read_target(Request& request) {
  request.refuse({"label_filter", "all_users"});
  return {request.text("user"), request.text("client"), request.text("session")};
}

std::vector<Visitor*> visitors_of(const Target& target, const Sessions& sessions) {
  if (target.empty()) return {};
  if (target.client.empty() && target.session.empty()) return sessions.of_user(target.user);
  Visitor* visitor =
      target.client.empty() ? sessions.of_key(Session::key_of(target.session)) : sessions.of_client(target.client);
  if (!visitor || !visitor->is(target.user, target.client, target.session)) return {};
  return {visitor};
}

}  // namespace lws_chat::api
