#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

#include "core/client.h"
#include "core/liveness.h"
#include "core/rate_limit.h"
#include "dialect/frame.h"
#include "lws/peer_address.h"
#include "lws/uring_batch.h"

namespace lws_chat {

class VhostState;

// One WebSocket connection, whatever dialect it speaks: makes whole messages of what lws hands over in
// pieces, sends bytes, pauses, and closes. lws's per-session memory holds one pointer to it.
class Connection : public Liveness::Peer, public UringBatch::Sender {
 public:
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // RECEIVE: a piece of a message.
  void receive(const char* bytes, size_t size);

  // SERVER_WRITEABLE. Returns whether the connection may live on.
  [[nodiscard]] bool writeable();

  // RECEIVE_PONG
  void pong();

  // TIMER: the time has come to pause reading or to read on.
  void timer();

  // WS_PEER_INITIATED_CLOSE: `code` is what the peer gave, 1005 if none (RFC 6455 section 7.1.5).
  // Returns whether lws still has to answer it; not where it is itself the answer to our close.
  [[nodiscard]] bool peer_closes(unsigned code);

  // lws is closing the connection; nothing may be written any more.
  void closing();

  // Asks for a sign of life.
  virtual void ping() = 0;

  // Ends when it has been sent what its rooms hold for it.
  virtual void drain() = 0;

  // Drops the connection without ceremony, from outside its own callbacks.
  void kill(Status why);

  // Closes with words. `detail` lives as long as the program.
  void close(Status why, uint64_t lag = 0, std::string last_frames = {}, const char* detail = "");

  // Its vhost is going away before it does.
  void orphan();

  void batch_sent(std::string_view bytes, int sent) final;

 protected:
  Connection(lws* wsi, VhostState& vhost);

  // A complete message; not called any more once the connection is closing.
  virtual void accept(bool binary, std::string_view payload) = 0;

  // The connection may write, and the client may be listened to.
  virtual void go_on() = 0;

  // A sign of life of the peer.
  virtual void alive() = 0;

  // Lets go of the hub; the connection is not there for it any more. May be called again.
  virtual void leave_hub() = 0;

  // The close code of its dialect.
  virtual unsigned close_code(Status why) const = 0;

  VhostState& vhost() const { return *vhost_; }
  bool open() const { return state_ == State::kOpen; }
  bool over_http2() const { return over_http2_; }

  // Whether a write would go out now. If not, go_on() is called when that changes.
  bool can_write();

  // go_on() is to be called again.
  void ask_to_write() { lws_callback_on_writable(wsi_); }

  // Takes frames to send, from the first byte on, as Client::write(). Those of a client may be gathered.
  size_t write(Client* client, std::string_view frames);

  // A single frame of at most kMaxFrame. Returns false if the connection is broken.
  [[nodiscard]] bool write_frame(Opcode opcode, bool final, std::string_view payload);

  // Counts a message, or what costs as much as `count`. Returns whether the next may follow now: if not, reading
  // pauses, and go_on() is called when it may.
  bool limit_rate(uint64_t count);

  // Does not read before it is told to.
  void hold_input(bool hold);

  // To be called after anything that may have given the hub something to send.
  void published();

  // Ends the life of the derived part: to be called by its destructor.
  void finish();

 private:
  friend class VhostState;

  enum class State : uint8_t {
    kOpen,
    kFarewell,   // the last words, then the close frame, as soon as lws has sent what it holds
    kCloseSent,  // waits for the peer's close frame
    kClosing,    // in lws's hands
  };

  void pause_reading();
  void resume_reading();
  bool say_farewell();
  std::string why_in_words() const;
  std::string close_payload() const;
  bool write_raw(std::string_view frames);
  std::string reason() const;
  void log_end() const;

  lws* wsi_;
  VhostState* vhost_;
  Connection* previous_ = nullptr;  // in the vhost's list
  Connection* next_ = nullptr;
  PeerAddress address_;
  std::string buffer_;          // while open the pieces so far of a message that is not complete, later the last frames
  Client* gathered_ = nullptr;  // whose bytes are in the batch
  uint64_t lag_ = 0;            // bytes behind when it was dismissed
  const char* detail_ = "";     // says more of why it was closed
  unsigned peer_code_ = 0;      // the peer's close code; 0: it has not closed
  State state_ = State::kOpen;
  Status why_ = Status::kOk;
  RateLimit rate_;
  Time read_again_at_ = 0;  // it is not read from before, because it sent too fast
  bool over_http2_;
  bool batchable_;  // a plain socket, with nothing between the bytes and the kernel
  bool paused_ = false;
  bool awaited_ = false;    // has yet to say who it is
  bool held_ = false;       // reading waits for the client to take what it was sent
  bool may_write_ = false;  // HTTP/2: inside the one writeable callback that allows one frame
};

}  // namespace lws_chat
