#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "core/hub.h"
#include "dialect/events/encoder.h"

namespace lws_chat {

// The connection that an event session writes to.
class EventLink {
 public:
  // As Client::ready() and Client::write(); `reader` is nullptr for bytes that do not come from a room's stream alone.
  virtual bool ready() = 0;
  virtual size_t write(Client* reader, std::string_view bytes) = 0;

  // The address of the peer, for whom a new room counts.
  virtual Origin origin() const = 0;

  // EventSession::resume() is to be called as soon as the connection can write.
  virtual void ask_to_resume() = 0;

  // The session is over. The connection sends `last_bytes` and closes. May not throw.
  virtual void end(Ending ending, std::string last_bytes) = 0;

 protected:
  ~EventLink() = default;
};

// A reader of event streams: it gets the events of one or several rooms, and sends nothing. The bytes of one room's
// stream go out unchanged; those of several go through an EventMixer, which names each event after its room.
class EventSession {
 public:
  EventSession(Hub& hub, const Options& options, EventLink& link);
  ~EventSession();
  EventSession(const EventSession&) = delete;
  EventSession& operator=(const EventSession&) = delete;

  // Joins the rooms, each named once, one after the other. Until it is in all of them the reader gets no events.
  // `last_event_id` is what a reader that comes back sends, else it is empty. To be called once.
  void enter(const std::vector<std::string>& rooms, std::string_view last_event_id, Time now);

  // The connection may write again, or the session has asked for it.
  void resume(Time now);

  // True if the reader has something to get that the connection has not taken.
  bool behind() const;

  // Writes a comment once per ping-interval, so that the peer's system has to acknowledge something. To be called at
  // least as often as that.
  void ping(Time now);

  // Ends when the reader has been sent everything published so far in its rooms.
  void drain(Status why, Time now);

  // The connection is lost, or closes for a reason of its own. May be called again. Does not fail.
  void lost(Time now);

 private:
  class Reader;

  // Of a session that is on its way into its rooms.
  struct Entry {
    std::vector<std::string> rooms;
    std::vector<Position> seen;  // the reader was at these positions
    bool resuming;
    size_t next = 0;       // of the rooms, to be joined
    bool waiting = false;  // for the hub's answer about that room
  };

  void join_rooms(Time now);
  void joined_late(Status status, Time asked);
  void joined(Status status, Time now);
  void tell_position(Reader& reader, const std::string& room, Time now);
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
  EventMixer mixer_;              // used when there are several
  std::string pending_;           // goes out before anything else from the rooms
  size_t next_served_ = 0;        // the room that goes first when the connection is ready again
  Reader* speaking_ = nullptr;    // has written a part of an event: nobody else may write before its end
  Time commented_at_ = 0;
  Status draining_ = Status::kOk;
  bool ended_ = false;
  Lifetime lifetime_;
};

}  // namespace lws_chat
