#pragma once

#include <string_view>

#include "core/counters.h"
#include "core/gate.h"
#include "core/publication.h"
#include "core/room/opening.h"

namespace lws_chat {

class RoomTable;
class Schedule;

// Brings messages to the broker: past the gate, for a room that can be used. The broker delivers them.
class Publishing {
 public:
  Publishing(RoomTable& table, Opening& opening, Schedule& schedule, Counters& counters, Gate& gate, Broker& broker)
      : table_(table), opening_(opening), schedule_(schedule), counters_(counters), gate_(gate), broker_(broker) {}

  // See Hub::publish().
  Deferred<Published> publish(const Grant& grant, const Publication& publication, Time now);

 private:
  Deferred<Published> publish_permitted(const Publication& publication, Time now);
  Deferred<Published> spread(const Publication& publication, Time now);
  Deferred<Published> publish_late(const Publication& publication, Deferred<Status> before);
  Deferred<Published> hand_over(Room& room, const Message& message, Time now);
  Deferred<Published> result_of(Deferred<Published> answer, std::string_view shared_room = {});
  Published refused(Status why, Time now);

  RoomTable& table_;
  Opening& opening_;
  Schedule& schedule_;
  Counters& counters_;
  Gate& gate_;
  Broker& broker_;
};

}  // namespace lws_chat
