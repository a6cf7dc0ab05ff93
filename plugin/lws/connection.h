#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/counters.h"
#include "core/hub.h"
#include "core/liveness.h"
#include "core/room/client.h"
#include "lws/fanout/uring_batch.h"
#include "lws/vhost/alarms.h"
#include "lws/vhost/peer_address.h"

namespace lws_chat {

class VhostState;

// One client's connection, whatever it speaks: is in its vhost's list, hands bytes to lws, and ends with a reason
// that the log and the counters say.
class Connection : public Liveness::Peer, public UringBatch::Sender, public Alarm {
 public:
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Asks for a sign of life, or looks for one.
  virtual void ping() = 0;

  // Ends when it has been sent what its rooms hold for it. Calling it again changes nothing.
  virtual void drain(Status why) = 0;

  // Drops the connection without ceremony, from outside its own callbacks. Does not fail.
  void kill(Status why);

  // Closes with words, after `last_bytes`.
  virtual void close(Ending ending, std::string last_bytes = {}) = 0;

  VhostState& vhost() const { return *vhost_; }

  // lws is closing the connection; nothing may be written any more.
  void closing();

  // Its vhost is going away before it does.
  void orphan();

  void batch_sent(std::string_view bytes, int sent) final;
  void ring() final;

 protected:
  enum class State : uint8_t {
    kOpen,
    kFarewell,   // the last words, then the close, as soon as lws has sent what it holds
    kCloseSent,  // of a WebSocket: waits for the peer's close frame
    kClosing,    // in lws's hands
  };

  Connection(lws* wsi, VhostState& vhost, KindId kind);

  // Lets go of the hub; the connection is not there for it any more. May be called again, may not throw.
  virtual void leave_hub() = 0;

  // Nothing more is read.
  virtual void drop_input() {}

  // Takes the first of these bytes to send over HTTP/2, which is ready for them. Returns how many, or 0 if the
  // connection is broken.
  virtual size_t write_http2(std::string_view bytes) = 0;

  // The time that wait_until() gave has come. Not called once the connection is closing.
  virtual void time_is_up() = 0;

  // lws holds bytes that the peer has not taken, and will tell when it may write again.
  virtual void choked() {}

  // The close code of its dialect; 0 if it has none.
  virtual unsigned close_code(Status why) const = 0;

  lws* wsi() const { return wsi_; }
  Origin origin_of_peer() const { return address_.origin(); }
  State state() const { return state_; }
  void set_state(State state) { state_ = state; }
  bool open() const { return state_ == State::kOpen; }
  bool over_http2() const { return over_http2_; }

  // What is watched of it by its vhost.
  enum class Watch : uint8_t {
    kLife,   // that it is heard of
    kAwait,  // that it says who it is
    kReader  // that it is still there, as it never says anything
  };
  Watch watch() const { return watch_; }

  // Whether a write would go out now. If not, lws says when that changes.
  bool can_write();

  // SERVER_WRITEABLE and HTTP_WRITEABLE: over HTTP/2 one frame may be written within each of them.
  void set_may_write(bool may) { may_write_ = may; }

  // Asks for such a callback.
  void ask_to_write() { lws_callback_on_writable(wsi_); }

  // Sets the one time that it waits for.
  void wait_until(Time due);

  // Takes bytes to send, from the first on, as Client::write(). Those of a client may be gathered.
  size_t write(Client* client, std::string_view bytes);

  // Past lws's framing, over HTTP/1.1; lws does not touch the bytes. Returns false if the connection is broken.
  [[nodiscard]] bool write_raw(std::string_view bytes);

  // Notes how it will end, once. From then on the others tell of that. Returns false if there is no memory for it.
  [[nodiscard]] bool note_end(Ending ending);
  std::string why_in_words() const;
  unsigned code() const;

  // The peer closed with this code.
  void set_peer_code(unsigned code) { peer_code_ = code; }

  // True if the peer has left for good: it closed normally (1000, or without a code), as an SDK's disconnect() does.
  // A page that is loaded again closes with 1001 (RFC 6455 section 7.4.1) and comes back.
  Hub::Departure departure() const {
    return peer_code_ == 1000 || peer_code_ == 1005 ? Hub::Departure::kFinal : Hub::Departure::kMayReturn;
  }

  // Ends the life of the derived part: to be called by its destructor.
  void finish();

 private:
  friend class PeerWatch;
  friend class VhostState;

  std::string reason() const;
  std::string in_words(std::string_view detail) const;
  void forget_vhost();

  lws* wsi_;
  VhostState* vhost_;
  Connection* previous_ = nullptr;  // in the vhost's list
  Connection* next_ = nullptr;
  PeerAddress address_;
  Client* gathered_ = nullptr;            // whose bytes are in the batch
  std::unique_ptr<const Ending> ending_;  // nullptr: not by this side
  unsigned peer_code_ = 0;                // the peer's close code; 0: it has not closed
  State state_ = State::kOpen;
  KindId kind_;  // of its streams
  bool over_http2_;
  bool batchable_;  // a plain socket, with nothing between the bytes and the kernel
  Watch watch_ = Watch::kLife;
  bool may_write_ = false;  // HTTP/2: inside the one writeable callback that allows one frame
};

}  // namespace lws_chat
