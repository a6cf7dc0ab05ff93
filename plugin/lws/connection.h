#pragma once

#include <libwebsockets.h>

#include <string>

#include "core/client.h"
#include "core/liveness.h"
#include "core/rate_limit.h"
#include "dialect/frame.h"
#include "lws/peer_address.h"
#include "lws/uring_batch.h"

namespace lws_chat {

class VhostState;

// One WebSocket connection: makes whole messages of what lws hands over in pieces, sends what the
// hub gives it, and closes. lws's per-session memory holds one pointer to it.
class Connection final : public Client, public Liveness::Peer, public UringBatch::Sender {
 public:
  // ESTABLISHED: joins the room.
  Connection(lws* wsi, VhostState& vhost, std::string_view room);
  // CLOSED
  ~Connection() override;
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

  // Asks for a pong.
  void ping();

  // Drops the connection without ceremony, from outside its own callbacks.
  void kill(Status why);

  // Its vhost is going away before it does.
  void orphan();

  bool ready() override;
  size_t write(std::string_view frames) override;
  void dismissed(Status why, uint64_t lag) override;
  void batch_sent(std::string_view bytes, int sent) override;

 private:
  friend class VhostState;

  enum class State : uint8_t {
    kOpen,
    kFarewell,   // the last words, then the close frame, as soon as lws has sent what it holds
    kCloseSent,  // waits for the peer's close frame
    kClosing,    // in lws's hands
  };

  void accept(bool binary, std::string_view payload);
  void limit_rate();
  void pause_reading();
  void resume_reading();
  void close(Status why, uint64_t lag);
  void leave_hub();
  bool say_farewell();
  std::string close_payload() const;
  bool write_raw(std::string_view frames);
  bool write_frame(Opcode opcode, bool final, std::string_view payload);
  std::string reason() const;
  void log_end() const;

  lws* wsi_;
  VhostState* vhost_;
  Connection* previous_ = nullptr;  // in the vhost's list
  Connection* next_ = nullptr;
  PeerAddress address_;
  std::string partial_;     // the pieces so far of a message that is not complete
  uint64_t lag_ = 0;        // bytes behind when it was dismissed
  unsigned peer_code_ = 0;  // the peer's close code; 0: it has not closed
  State state_ = State::kOpen;
  Status why_ = Status::kOk;
  RateLimit rate_;
  Time read_again_at_ = 0;  // it is not read from before, because it sent too fast
  bool over_http2_;
  bool batchable_;  // a plain socket, with nothing between the bytes and the kernel
  bool paused_ = false;
  bool may_write_ = false;  // HTTP/2: inside the one writeable callback that allows one frame
  bool last_words_said_ = false;
};

}  // namespace lws_chat
