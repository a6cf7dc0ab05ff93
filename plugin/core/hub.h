#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/broker.h"
#include "core/counters.h"
#include "core/deferred.h"
#include "core/gate.h"
#include "core/joining.h"
#include "core/journal.h"
#include "core/memory.h"
#include "core/publishing.h"
#include "core/random.h"
#include "core/records.h"
#include "core/room/reclaim.h"
#include "core/room/room_table.h"
#include "core/schedule.h"
#include "core/settings.h"
#include "core/waker.h"

namespace lws_chat {

// The services that a hub works with; it owns none of them. Without a broker, gate or journal it is alone, lets
// everybody in, and keeps nothing for longer than it lives.
struct HubSeams {
  Fanout* fanout = nullptr;
  Waker* waker = nullptr;
  Broker* broker = nullptr;
  Gate* gate = nullptr;
  Journal* journal = nullptr;
  Records* records = nullptr;
  SharedPresence* shared_presence = nullptr;
};

// Rooms, who is in them, and when they are sent out. Knows no sockets and no clock: connections are Clients, time
// comes in as an argument. The hub is the face of its parts, each of which has one idea.
class Hub final {
 public:
  using Settings = HubSettings;
  using Seams = HubSeams;
  using Departure = lws_chat::Departure;
  static constexpr Time kNever = lws_chat::kNever;

  Hub(const Settings& settings, StreamKinds kinds, const Seams& seams = {});
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // The client becomes a member of the room, which is made if it is not there. Answers kOk, or why not. A client that
  // leaves or ends before that does not join, and gets no answer.
  Deferred<Status> join(Client& client, const Join& wish, Time now) { return joining_.join(client, wish, now); }

  // The client goes out of its room, or does not want to join any more. It is not told. Does not fail.
  void leave(Client& client, Time now, Departure departure = Departure::kFinal) {
    membership_.leave(client, now, departure);
  }

  // Ends a membership at once, and tells the client. Does not fail.
  void dismiss(Client& client, Ending ending, Time now) { membership_.dismiss(client, std::move(ending), now); }

  // Ends a membership as soon as the client has been sent everything published so far, and tells the client.
  void dismiss_after_head(Client& client, Status why, Time now) { membership_.dismiss_after_head(client, why, now); }

  // The one way to publish, for members and everybody else. The gate permits it, the broker gives the position, the
  // journal keeps the message if its room is durable, then the room's readers get it with the next flush. The room is
  // made if it is not there. A refusal is counted. If this throws, nobody gets the message.
  Deferred<Published> publish(const Grant& grant, const Publication& publication, Time now) {
    return publishing_.publish(grant, publication, now);
  }

  // Asks the gate, for what is neither a join nor a publication.
  Deferred<Status> permit(const Grant& grant, Action action, std::string_view room) {
    return gate_.judge(grant, action, room, nullptr);
  }

  // The client gets the messages from this offset on, before what is published from now on.
  // Precondition: it has just joined, and the room keeps them, see Room::first_kept().
  void replay_from(Client& client, uint64_t offset) { Flush::replay_from(client, offset); }

  // The messages of a room, without those that are too old.
  const History& history(Room& room, Time now);

  // Forgets the messages of a room; offsets go on. If the room has no members, and nobody may come back to it, it ends.
  // Answers when the journal has forgotten them, too, or why it could not.
  Deferred<Status> forget_history(Room& room) { return delivery_.forget(room); }

  // Forgets what nodes share of such messages. Each node forgets what it has in memory.
  Deferred<Status> forget_on_all_nodes(std::string_view room, Time now) { return broker_.forget(room, now); }

  // Messages of a durable room from this offset on, at most so many: also those that are not in memory.
  Deferred<Journal::Page> read_page(std::string_view room, uint64_t from, size_t messages) {
    return pages_.read(room, settings_of(room).history, from, messages);
  }

  // To be asked before a question about a room that is perhaps not used: when it has answered kOk, find() finds the
  // room if it is there or the journal knows it.
  // `origin` is for whom a room counts that stays.
  Deferred<Status> look_up(std::string_view room, Time now, Origin origin = kNobody) {
    return opening_.look_up(room, origin, now);
  }

  // Brings back who was present when a former process ended. To be called once, before anything else.
  void bring_back(Time now);

  // When flush() has something to do; kNever: nothing waits.
  Time due() const { return schedule_.due(); }

  // Sends out what is due, with at most about `max_writes` writes; the rest stays due. Forgets what is too old.
  void flush(Time now, size_t max_writes);

  // Returns true if bytes that clients take now stay where they are until Fanout::complete().
  bool gathers() const { return rooms_.walking(); }

  // Goes on with one client that has become ready. A long replay stops in between: call this again in another loop
  // turn as long as the client is behind() and ready().
  void pump(Client& client, Time now) { flush_.pump(client, now); }

  // Returns a text that nobody can guess, another one at each call: 128 bits in hex.
  std::string next_id();

  // The room of that name, or nullptr.
  const Room* find(std::string_view name) const { return rooms_.find(name); }
  Room* find(std::string_view name) { return rooms_.find(name); }

  const RoomSettings& settings_of(std::string_view room) const { return rooms_.settings_of(room); }

  const RoomTable& rooms() const { return rooms_; }
  Presence& presence() { return presence_; }
  Memory& memory() { return memory_; }
  const Memory& memory() const { return memory_; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

  // The hub as its broker sees it.
  Broker::Node& node() { return delivery_; }

 private:
  const Settings settings_;
  const StreamKinds kinds_;
  LocalBroker local_;
  OpenGate open_gate_;
  Gate& gate_;
  Broker& broker_;
  Journal* journal_;
  Random random_;
  Counters counters_;
  Memory memory_;
  FlushQueue queue_;
  Presence presence_;
  RoomTable rooms_;
  Schedule schedule_;
  Membership membership_;
  Pages pages_;
  Flush flush_;
  Reclaim reclaim_;
  Opening opening_;
  Delivery delivery_;
  Joining joining_;
  Publishing publishing_;
};

}  // namespace lws_chat
