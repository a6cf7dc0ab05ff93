#include "core/broker.h"

#include "core/room/room.h"

namespace lws_chat {

Deferred<Published> LocalBroker::publish(Room& room, const Message& message, Time now) {
  if (!message.ephemeral && room.is_outdated(message)) return node_->pass_over(room, now);
  return node_->deliver(room, room.next_offset(), message, now);
}

Deferred<Published> Broker::spread(std::string_view, const Message&, Time, Time now) {
  return Published{Status::kUnavailable, {}, 0, now};
}

Deferred<Status> Broker::forget(std::string_view, Time) { return Status::kUnavailable; }

}  // namespace lws_chat
