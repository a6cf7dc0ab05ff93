#pragma once

#include "dialect/text/session.h"
#include "lws/ws/websocket.h"

namespace lws_chat {

// A client of the text dialect: one connection, one room.
class TextConnection final : public WebSocket, private TextLink {
 public:
  // For ESTABLISHED.
  TextConnection(lws* wsi, VhostState& vhost, bool compresses);
  ~TextConnection() override;

  // Joins the room, if the client may. To be called in ESTABLISHED.
  void enter(const std::string& room);

  void ping() override;
  void drain(Status why) override;

 private:
  void accept(bool binary, std::string_view payload) override;
  void go_on() override;
  void alive() override;
  void end_session() override;
  void expect_more();
  unsigned close_code(Status why) const override { return describe(why).close_code; }

  bool ready() override { return can_write(); }
  size_t write(Client& client, std::string_view frames) override { return Connection::write(&client, frames); }
  Origin origin() const override { return origin_of_peer(); }
  int64_t unix_ms() override;
  Time now() override;
  void call_at(Time due) override { call_session_at(due); }
  void session_time_is_up() override { session_.time_is_up(now()); }
  void note_denial(const Denial& denial) override { Connection::note_denial(denial); }
  void ask_to_resume() override { ask_to_write(); }
  void hold_input(bool hold) override { WebSocket::hold_input(hold); }
  void end(Ending ending, std::string last_frames) override;

  TextSession session_;
};

}  // namespace lws_chat
