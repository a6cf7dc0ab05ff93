#pragma once

#include <string>
#include <string_view>

#include "access/rate_limit.h"
#include "lws/connection.h"
#include "lws/ws/unfinished_message.h"
#include "wire/frame.h"

namespace lws_chat {

// A WebSocket connection in any dialect: makes whole messages of the pieces that lws gives, sends frames, pauses, and
// closes. lws's per-session memory holds a pointer to it.
class WebSocket : public Connection {
 public:
  // For RECEIVE: a piece of a message.
  void receive(const char* bytes, size_t size);

  // For SERVER_WRITEABLE. Returns true if the connection may live on.
  [[nodiscard]] bool writeable();

  // For RECEIVE_PONG.
  void received_pong();

  // For WS_PEER_INITIATED_CLOSE. `body` is that of the peer's close frame. Returns true if lws still has to answer it.
  // It does not if the frame answers ours, or is answered already.
  [[nodiscard]] bool peer_closes(std::string_view body);

  void close(Ending ending, std::string last_frames = {}) override;

  // True while reading is paused.
  bool paused() const { return paused_; }

 protected:
  // `compresses`: the handshake has negotiated compression.
  WebSocket(lws* wsi, VhostState& vhost, KindId kind, bool compresses)
      : Connection(wsi, vhost, kind), compresses_(compresses) {}

  bool compresses() const { return compresses_; }

  // A complete message. Not called after the connection began to close.
  virtual void accept(bool binary, std::string_view payload) = 0;

  // The connection can write, and the client can be read from.
  virtual void go_on() = 0;

  // The peer has given a sign of life.
  virtual void alive() = 0;

  // Writes a frame of at most kMaxFrame bytes. Returns false if the connection is broken.
  [[nodiscard]] bool write_frame(Opcode opcode, bool final, std::string_view payload);

  // Counts a message, or work that costs as much as `count` messages. Returns true if the next may follow now. If not,
  // reading pauses, and go_on() is called when it may.
  bool limit_rate(uint64_t count);

  // Stops reading, or reads again.
  void hold_input(bool hold);

  // To be called after a message that may have given the hub something to send.
  void published();

 private:
  void drop_input() override { unfinished_.reset(); }
  bool read_mark();
  size_t most_bytes() const;
  void take(bool binary, std::string_view payload);
  void inflate(bool binary, std::string_view payload);
  size_t write_http2(std::string_view frames) override;
  void time_is_up() override;
  void pause_reading();
  void stop_reading();
  void resume_reading();
  bool reads_while_it_waits();
  bool say_farewell();
  std::string close_payload() const;

  std::unique_ptr<UnfinishedMessage> unfinished_;  // nullptr: no message is unfinished
  std::string last_frames_;                        // frames to be sent before the close
  RateLimit rate_;
  Time read_again_at_ = 0;  // reading does not go on before this time, because the client sent too fast
  const bool compresses_;
  bool compressed_ = false;  // the message that is being read
  bool frame_over_ = false;  // its next piece begins a frame
  bool paused_ = false;
  bool held_ = false;  // reading waits until the client has taken what it was sent
};

}  // namespace lws_chat
