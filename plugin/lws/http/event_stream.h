#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/events/session.h"
#include "lws/connection.h"
#include "lws/http/http_exchange.h"

namespace lws_chat {

// Adds the headers of an answer that a page of the origin `cors` may read, with `credentials` also if its request shows
// its visitor's cookies. If `cors` is empty, only pages of this server may.
[[nodiscard]] bool add_cors_headers(lws* wsi, std::string_view cors, bool credentials, unsigned char** at,
                                    unsigned char* end);

// Adds the headers of an event stream, with those above.
[[nodiscard]] bool add_stream_headers(lws* wsi, std::string_view cors, bool credentials, unsigned char** at,
                                      unsigned char* end);

// An event stream over HTTP: an answer whose body does not end. Sends the headers, asks lws to write, notices that a
// peer has gone, and ends the body. The EventSession decides what the body is.
class EventStream final : public Connection, public HttpExchange, private EventLink {
 public:
  // Most rooms that one stream may have.
  static constexpr size_t kMaxRooms = 32;

  // See add_cors_headers().
  EventStream(lws* wsi, VhostState& vhost, const std::string& cors, bool credentials);
  ~EventStream() override;

  // Joins the rooms. `last_event_id` holds the positions of a reader that comes back. `arrival` is nullptr if nobody
  // speaks for the reader. To be called once, before begin().
  void enter(const std::vector<std::string>& rooms, const std::string& last_event_id, Arrival* arrival);

  // Sends the answer's headers.
  int begin() override;
  int writeable() override;

  void ping() override;
  void drain(Status why) override;
  void turned() override;
  void close(Ending ending, std::string last_bytes = {}) override;

 private:
  void end_session() override;
  void time_is_up() override;
  void choked() override;
  size_t write_http2(std::string_view bytes) override;
  unsigned close_code(Status) const override { return 0; }

  bool ready() override;
  size_t write(Client* reader, std::string_view bytes) override { return Connection::write(reader, bytes); }
  Origin origin() const override { return origin_of_peer(); }
  int64_t unix_ms() override;
  Time now() override;
  void call_at(Time due) override { call_session_at(due); }
  void session_time_is_up() override { session_.time_is_up(now()); }
  void note_denial(const Denial& denial) override { Connection::note_denial(denial); }
  void ask_to_resume() override { choked(); }
  void end(Ending ending, std::string last_bytes) override;

  int say_farewell();
  void expect_more();
  void probe();

  // The search for bytes that lws has read behind the request: not begun, under way, over.
  enum class Probe : uint8_t { kBefore, kNow, kDone };

  EventSession session_;
  std::string cors_;
  bool credentials_;
  std::string last_bytes_;  // bytes of the farewell that are not sent yet
  Probe probe_;
  int turns_left_ = 0;  // turns of the loop until the probe is over
  bool asked_ = false;  // lws was asked to say when the stream may write
};

}  // namespace lws_chat
