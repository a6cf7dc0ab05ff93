#pragma once

#include "access/hook.h"
#include "dialect/centrifuge/session.h"
#include "lws/ws/websocket.h"

namespace lws_chat {

// A client of the structured dialect: one connection, many rooms.
class StructuredConnection final : public WebSocket, private SessionLink {
 public:
  // For ESTABLISHED. Waits for the client to say connect.
  StructuredConnection(lws* wsi, VhostState& vhost, Encoding encoding, bool compresses);
  ~StructuredConnection() override;

  void ping() override;
  void unanswered() override;
  void drain(Status why) override;

 private:
  void accept(bool binary, std::string_view payload) override;
  void go_on() override;
  void alive() override;
  void end_session() override;
  void expect_more();
  unsigned close_code(Status why) const override { return describe(why).protocol_code; }

  bool ready() override { return can_write(); }
  size_t write(Client* subscription, std::string_view frames) override;
  bool allow(uint64_t cost) override;
  bool packs() const override { return compresses(); }
  int64_t unix_ms() override;
  Time now() override;
  void call_at(Time due) override { call_session_at(due); }
  void session_time_is_up() override { session_.time_is_up(now()); }
  void note_denial(const Denial& denial) override;
  Origin origin() const override;
  const HookHeaders* headers() const override { return headers_.get(); }
  void ask_to_resume() override { ask_to_write(); }
  void connected() override;
  void hold_input(bool hold) override { WebSocket::hold_input(hold); }
  void end(Ending ending, std::string last_frames) override;

  std::unique_ptr<const HookHeaders> headers_;  // that back ends are shown; nullptr: none
  const bool binary_;                           // the client's messages are
  Session session_;
};

}  // namespace lws_chat
