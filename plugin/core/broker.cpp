#include "core/broker.h"

#include "core/room/room.h"

namespace lws_chat {

Deferred<Published> LocalBroker::publish(Room& room, const Message& message, Time now) {
  if (!message.ephemeral && room.is_outdated(message)) return node_->pass_over(room, now);
  return node_->deliver(room, room.next_offset(), message, now);
}

}  // namespace lws_chat
