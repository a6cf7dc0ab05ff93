#pragma once

#include <string>
#include <string_view>

#include "access/rate_limit.h"
#include "lws/connection.h"
#include "lws/ws/unfinished_message.h"
#include "wire/frame.h"

namespace lws_chat {

// One WebSocket connection, whatever dialect it speaks: makes whole messages of what lws hands over in
// pieces, sends frames, pauses, and closes. lws's per-session memory holds a pointer to it.
class WebSocket : public Connection {
 public:
  // RECEIVE: a piece of a message.
  void receive(const char* bytes, size_t size);

  // SERVER_WRITEABLE. Returns whether the connection may live on.
  [[nodiscard]] bool writeable();

  // RECEIVE_PONG
  void received_pong();

  // WS_PEER_INITIATED_CLOSE: `body` is that of the peer's close frame.
  // Returns whether lws still has to answer it; not where it is itself the answer to our close, or is answered already.
  [[nodiscard]] bool peer_closes(std::string_view body);

  void close(Ending ending, std::string last_frames = {}) override;

  // True if it is not read from for now.
  bool paused() const { return paused_; }

 protected:
  using Connection::Connection;

  // A complete message; not called any more once the connection is closing.
  virtual void accept(bool binary, std::string_view payload) = 0;

  // The connection may write, and the client may be listened to.
  virtual void go_on() = 0;

  // A sign of life of the peer.
  virtual void alive() = 0;

  // A single frame of at most kMaxFrame. Returns false if the connection is broken.
  [[nodiscard]] bool write_frame(Opcode opcode, bool final, std::string_view payload);

  // Counts a message, or what costs as much as `count`. Returns whether the next may follow now: if not, reading
  // pauses, and go_on() is called when it may.
  bool limit_rate(uint64_t count);

  // Does not read before it is told to.
  void hold_input(bool hold);

  // To be called after anything that may have given the hub something to send.
  void published();

 private:
  void drop_input() override { unfinished_.reset(); }
  size_t write_http2(std::string_view frames) override;
  void time_is_up() override;
  void pause_reading();
  void stop_reading();
  void resume_reading();
  bool reads_while_it_waits();
  bool say_farewell();
  std::string close_payload() const;

  std::unique_ptr<UnfinishedMessage> unfinished_;  // nullptr: between two messages
  std::string last_frames_;                        // before the close
  RateLimit rate_;
  Time read_again_at_ = 0;  // it is not read from before, because it sent too fast
  bool paused_ = false;
  bool held_ = false;  // reading waits for the client to take what it was sent
};

}  // namespace lws_chat
