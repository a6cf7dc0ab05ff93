#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/hub.h"
#include "dialect/events/encoder.h"
#include "lws/connection.h"
#include "lws/http/http_exchange.h"

namespace lws_chat {

// Adds what an event stream says of itself, for the pages of `cors` too; empty: for those of this server only.
[[nodiscard]] bool add_stream_headers(lws* wsi, std::string_view cors, unsigned char** at, unsigned char* end);

// A client that only reads: the events of one or several rooms as the body of an answer that does not end.
// Of one room the bytes of its stream go out as they are; of several they are named after their rooms first.
class EventStream final : public Connection, public HttpExchange {
 public:
  // How many rooms one may read.
  static constexpr size_t kMaxRooms = 32;

  // `cors` is the origin of another site's page.
  EventStream(lws* wsi, VhostState& vhost, const std::string& cors);
  ~EventStream() override;

  // Joins the rooms, after the positions that the reader has seen. To be called once, before begin().
  void enter(const std::vector<std::string>& rooms, const std::string& last_event_id);

  // Sends the answer's headers.
  int begin() override;
  int writeable() override;

  // lws has looked at all sockets once more since vhost().await_turn().
  void turned();

  // A comment, by which the peer's system is asked whether it is still there.
  void ping() override;
  void drain(Status why) override;
  void close(Ending ending, std::string last_events = {}) override;

 private:
  class Reader;

  void join(Reader& reader, std::string_view room, const std::vector<Position>& seen, bool resuming);
  void leave_hub() override;
  void time_is_up() override;
  void choked() override;
  size_t write_http2(std::string_view bytes) override;
  unsigned close_code(Status) const override { return 0; }

  bool ready(const Reader& reader);
  size_t take(Reader& reader, std::string_view events);
  void reader_dismissed(Ending ending);
  void end_with(Ending ending);
  void send_pending();
  void serve_rooms();
  void expect_more();
  void probe();
  bool mixed() const;

  // Whether more came together with the request: is still to be found out, is being found out, is known.
  enum class Probe : uint8_t { kBefore, kNow, kDone };

  MemoryAccount::Charge charge_;
  std::string cors_;
  std::deque<Reader> readers_;  // one a room
  EventMixer mixer_;            // of several
  std::string pending_;         // what goes out before anything else of the rooms
  Time commented_at_ = 0;
  Probe probe_;
  int turns_left_ = 0;          // of the probe
  bool asked_ = false;          // lws was asked to say when it may write
  size_t next_served_ = 0;      // the room that goes first when the connection is ready again
  Reader* speaking_ = nullptr;  // has been written a part of an event: nobody else may write before the rest
};

}  // namespace lws_chat
