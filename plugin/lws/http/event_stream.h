#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/events/session.h"
#include "lws/http/endless_answer.h"

namespace lws_chat {

// An event stream over HTTP. The EventSession decides what the body is.
class EventStream final : public EndlessAnswer, private EventLink {
 public:
  // Most rooms that one stream may have.
  static constexpr size_t kMaxRooms = 32;

  EventStream(lws* wsi, VhostState& vhost, ForeignPage page);
  ~EventStream() override;

  // Joins the rooms. `last_event_id` holds the positions of a reader that comes back. `arrival` is nullptr if nobody
  // speaks for the reader. To be called once, before begin().
  void enter(const std::vector<std::string>& rooms, const std::string& last_event_id, Arrival* arrival);

  void ping() override;
  void drain(Status why) override;

 private:
  const char* content_type() const override { return "text/event-stream"; }
  void go_on() override;
  bool behind() const override { return session_.behind(); }
  void end_session() override;
  unsigned close_code(Status) const override { return 0; }

  bool ready() override { return ready_to_write(); }
  size_t write(Client* reader, std::string_view bytes) override { return Connection::write(reader, bytes); }
  Origin origin() const override { return origin_of_peer(); }
  int64_t unix_ms() override;
  Time now() override;
  void call_at(Time due) override { call_session_at(due); }
  void session_time_is_up() override { session_.time_is_up(now()); }
  void note_denial(const Denial& denial) override { Connection::note_denial(denial); }
  void ask_to_resume() override { choked(); }
  void end(Ending ending, std::string last_bytes) override;

  EventSession session_;
};

}  // namespace lws_chat
