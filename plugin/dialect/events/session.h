#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "core/hub.h"
#include "dialect/arrival.h"
#include "dialect/events/encoder.h"

namespace lws_chat {

// The connection that an event session writes to.
class EventLink {
 public:
  // As Client::ready() and Client::write(). `reader` is nullptr for bytes that do not come from the stream of one room
  // alone.
  virtual bool ready() = 0;
  virtual size_t write(Client* reader, std::string_view bytes) = 0;

  // The peer's address. A room that the session makes counts for it.
  virtual Origin origin() const = 0;

  // The time of day, in milliseconds since 1970, and the time that the hub counts in.
  virtual int64_t unix_ms() = 0;
  virtual Time now() = 0;

  // EventSession::time_is_up() must be called then. Replaces the time set before.
  virtual void call_at(Time due) = 0;

  // Notes for log and metrics that the client was denied something.
  virtual void note_denial(const Denial& denial) = 0;

  // Asks for a call of EventSession::resume() as soon as the connection can write.
  virtual void ask_to_resume() = 0;

  // The session is over. The connection sends `last_bytes` and closes. May not throw.
  virtual void end(Ending ending, std::string last_bytes) = 0;

 protected:
  ~EventLink() = default;
};

// A reader of event streams: it gets the events of one or several rooms and sends nothing. The bytes of a single room's
// stream go out unchanged. Those of several rooms go through an EventMixer, which names each event after its room.
class EventSession {
 public:
  EventSession(Hub& hub, const Options& options, EventLink& link);
  ~EventSession();
  EventSession(const EventSession&) = delete;
  EventSession& operator=(const EventSession&) = delete;

  // Joins the rooms, each named once, one after the other. The reader gets no events before it is in all of them.
  // `last_event_id` comes from a reader that returns; else it is empty. `arrival` was not denied, and is for these
  // rooms; nullptr: nobody speaks for the reader. To be called once.
  void enter(const std::vector<std::string>& rooms, std::string_view last_event_id, Time now,
             Arrival* arrival = nullptr);

  // The connection may write again, or the session has asked for it.
  void resume(Time now);

  // The time given to EventLink::call_at() has come.
  void time_is_up(Time now);

  // Returns true if the connection has not taken all that there is for the reader.
  bool behind() const;

  // Writes a comment once per ping-interval, so that the peer's system has something to acknowledge. To be called at
  // least as often.
  void ping(Time now);

  // Ends when the reader has been sent everything published so far in its rooms.
  void drain(Status why, Time now);

  // The connection is lost, or closes for a reason of its own. May be called again. Does not fail.
  void lost(Time now);

 private:
  class Reader;
  class Stay;

  // The way of a session into its rooms.
  struct Entry {
    std::vector<std::string> rooms;
    std::vector<Position> seen;  // positions of the reader, in no order
    bool resuming;
    size_t next = 0;       // index of the room to join
    bool waiting = false;  // true: the hub has not answered about that room
  };

  void join_rooms(Time now);
  void joined_late(Status status, Time asked);
  void joined(Status status, Time now);
  void tell_position(Reader& reader, const std::string& room, Time now);
  Grant grant(size_t room, bool member) const;
  bool may_see_history(size_t room);
  void dismiss(std::string_view room, Time now);
  bool ready(const Reader& reader) const;
  size_t take(Reader& reader, std::string_view events);
  void note_taken(Reader& reader, std::string_view events);
  void send_pending();
  void serve_rooms(Time now);
  bool in_a_room() const;
  void dismissed(Ending ending, Time now);
  std::string last_bytes(const Ending& ending) const;
  void end(Ending ending, Time now);
  void leave_all(Time now);
  bool mixed() const;

  Hub& hub_;
  const Options& options_;
  EventLink& link_;
  MemoryAccount::Charge charge_;
  std::deque<Reader> readers_;    // one for each room
  std::unique_ptr<Entry> entry_;  // nullptr: it is in all rooms
  std::unique_ptr<Stay> visit_;   // nullptr: nobody speaks for the reader
  EventMixer mixer_;              // used when there are several rooms
  std::string pending_;           // goes out before anything else from the rooms
  size_t next_served_ = 0;        // index of the room that goes first when the connection is ready again
  Reader* speaking_ = nullptr;    // this reader has written a part of an event; the others wait for the rest
  Time commented_at_ = 0;
  Status draining_ = Status::kOk;
  bool ended_ = false;
  Lifetime lifetime_;
};

}  // namespace lws_chat
