#include "core/broker.h"

#include "core/room/room.h"

namespace lws_chat {

Deferred<Published> LocalBroker::publish(Room& room, const Message& message, Time now) {
  if (!message.ephemeral && room.history().is_outdated(message))
    return Published{Status::kOk, {room.epoch(), room.history().top()}, 0, now};
  return node_->deliver(room, room.next_offset(), message, now);
}

}  // namespace lws_chat
