#pragma once

#include "lws/websocket.h"

namespace lws_chat {

// A client of the text dialect: one connection, one room.
class TextConnection final : public WebSocket, public Client {
 public:
  // ESTABLISHED
  TextConnection(lws* wsi, VhostState& vhost);
  ~TextConnection() override;

  // Joins the room.
  void enter(std::string_view room);

  IdentityPtr identity() override;
  bool ready() override { return can_write(); }
  size_t write(std::string_view frames) override { return Connection::write(this, frames); }
  void dismissed(Ending ending, Time now) override;
  void ping() override;
  void drain(Status why) override;

 private:
  void accept(bool binary, std::string_view payload) override;
  void go_on() override;
  void alive() override;
  void leave_hub() override;
  unsigned close_code(Status why) const override { return describe(why).close_code; }
};

}  // namespace lws_chat
