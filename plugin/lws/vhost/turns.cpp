#include "lws/vhost/turns.h"

#include <utility>

#include "lws/connection.h"
#include "lws/guard.h"

namespace lws_chat {

void Turns::await(Connection& connection) {
  waiting_.insert(&connection);
  lws_cancel_service(context_);
}

void Turns::end() {
  for (Connection* connection : std::exchange(waiting_, {}))
    if (!guarded("turn", [&] { connection->turned(); })) connection->drop(Status::kInternalError);
}

}  // namespace lws_chat
