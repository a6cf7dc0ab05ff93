#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "access/denial.h"
#include "core/counters.h"
#include "core/hub.h"
#include "core/liveness.h"
#include "core/room/client.h"
#include "lws/fanout/tls_output.h"
#include "lws/fanout/uring_batch.h"
#include "lws/vhost/alarms.h"
#include "lws/vhost/peer_address.h"

namespace lws_chat {

class VhostState;

// A client's connection in any dialect. It is in its vhost's list, gives bytes to lws, and ends with a reason for the
// log and the counters.
class Connection : public Liveness::Peer, public UringBatch::Sender, public Alarm {
 public:
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Asks the peer for a sign of life, or looks for one.
  virtual void ping() = 0;

  // The peer has not answered a ping in time.
  virtual void unanswered() { drop(Status::kNoPong); }

  // The server sends everybody away: the connection closes when it has been sent what its rooms hold for it. A second
  // call changes nothing.
  virtual void drain(Status why) = 0;

  // lws has looked at all sockets once more since Turns::await().
  virtual void turned() {}

  // Drops the connection: it ends without a closing handshake. To be called from outside its own callbacks. Does not
  // fail.
  void drop(Status why);

  // Begins the closing handshake, which says why, after `last_bytes`.
  virtual void close(Ending ending, std::string last_bytes = {}) = 0;

  VhostState& vhost() const { return *vhost_; }

  // lws is closing the connection; nothing may be written any more.
  void closing();

  // The vhost ends before the connection does.
  void vhost_ends();

  void batch_sent(std::string_view bytes, int sent) final;
  void ring() final;

 protected:
  enum class State : uint8_t {
    kOpen,
    kFarewell,   // the last words, then the close, as soon as lws has sent what it holds
    kCloseSent,  // only a WebSocket: waits for the peer's close frame
    kClosing,    // lws closes it
  };

  Connection(lws* wsi, VhostState& vhost, KindId kind);

  // The same for a client whose address was read before: lws may have dropped the request's headers.
  Connection(lws* wsi, VhostState& vhost, KindId kind, const PeerAddress& address);

  // Ends the session with all its memberships. May be called again. May not throw.
  virtual void end_session() = 0;

  // Forgets what was read of an incomplete message.
  virtual void drop_input() {}

  // Sends the first of these bytes over HTTP/2, which is ready for them. Returns how many it took, or 0 if the
  // connection is broken.
  virtual size_t write_http2(std::string_view bytes) = 0;

  // The time given to wait_until() has come. Not called after the connection began to close.
  virtual void time_is_up() = 0;

  // The time given to call_session_at() has come. Not called after the connection began to close.
  virtual void session_time_is_up() {}

  // lws holds bytes that the peer has not taken. It calls when it can write again.
  virtual void choked() {}

  // The close code for this reason in the connection's dialect; 0 if there is none.
  virtual unsigned close_code(Status why) const = 0;

  lws* wsi() const { return wsi_; }
  Origin origin_of_peer() const { return address_.origin(); }
  State state() const { return state_; }
  void set_state(State state) { state_ = state; }
  bool open() const { return state_ == State::kOpen; }
  bool over_http2() const { return over_http2_; }

  // The thing that the vhost's PeerWatch waits for.
  enum class Watch : uint8_t {
    kLife,   // a sign of life
    kAwait,  // the client says who it is
    kReader  // a reader: it never sends anything, so the watch probes the socket
  };
  Watch watch() const { return watch_; }

  // Returns true if a write would go out now. If not, lws calls when that changes.
  bool can_write();

  // For SERVER_WRITEABLE and HTTP_WRITEABLE: over HTTP/2 each of them allows one frame.
  void set_may_write(bool may) { may_write_ = may; }

  // To be called first in such a callback: sends TLS records that wait. If some still do, lws will call again. Returns
  // false if the connection is broken.
  [[nodiscard]] bool send_waiting();

  // Returns true if records wait that lws does not know of.
  bool records_wait() const { return tls_.waits(); }

  // Returns true if something that was written waits until the peer takes it.
  bool unsent() const { return lws_partial_buffered(lws_get_network_wsi(wsi_)) || records_wait(); }

  // Asks lws for such a callback.
  void ask_to_write() { lws_callback_on_writable(wsi_); }

  // Sets the only alarm of this connection.
  void wait_until(Time due);

  // Sets the session's only alarm. It is another one than that of the connection.
  void call_session_at(Time due);

  // Takes bytes to send, as Client::write(). Bytes of a client may be gathered in the batch.
  size_t write(Client* client, std::string_view bytes);

  // Writes over HTTP/1.1, past lws's framing: lws sends the bytes as they are. Returns false if the connection is
  // broken.
  [[nodiscard]] bool write_raw(std::string_view bytes);

  // Counts and logs that the client was denied something.
  void note_denial(const Denial& denial);

  // Notes how the connection will end. To be called once; why_in_words() and code() need it. Returns false if there is
  // no memory for it.
  [[nodiscard]] bool note_end(Ending ending);
  std::string why_in_words() const;
  unsigned code() const;

  // The peer closed with this code.
  void set_peer_code(unsigned code) { peer_code_ = code; }

  // kFinal if the peer has left for good: it closed normally (1000, or without a code), as an SDK's disconnect() does.
  // A page that is loaded again closes with 1001 (RFC 6455 section 7.4.1) and comes back.
  Hub::Departure departure() const {
    return peer_code_ == 1000 || peer_code_ == 1005 ? Hub::Departure::kFinal : Hub::Departure::kMayReturn;
  }

  // Ends the session and logs it. To be called by the destructor of the derived class.
  void end_and_log();

 private:
  friend class PeerWatch;
  friend class ConnectionList;

  class SessionAlarm;

  bool gather(Client& client, std::string_view bytes);
  bool go_on_sending(std::string_view rest, bool lost);
  void wait_for_peer();
  std::string reason() const;
  std::string in_words(std::string_view detail) const;
  void unlist();

  lws* wsi_;
  VhostState* vhost_;
  Connection* previous_ = nullptr;  // the neighbours in the vhost's list
  Connection* next_ = nullptr;
  PeerAddress address_;
  TlsOutput tls_;                                // made for the first bytes that go into the batch
  Client* gathered_ = nullptr;                   // the client whose bytes are in the batch
  std::unique_ptr<const Ending> ending_;         // nullptr: this side has not ended it
  std::unique_ptr<SessionAlarm> session_alarm_;  // nullptr: nothing of the session expires
  unsigned peer_code_ = 0;                       // the peer's close code; 0: it has not closed
  State state_ = State::kOpen;
  KindId kind_;  // kind of the streams that it sends
  bool over_http2_;
  bool over_tls_;
  bool batchable_;  // nothing but TLS is between the bytes and the kernel
  Watch watch_ = Watch::kLife;
  bool may_write_ = false;  // HTTP/2: inside the one writeable callback that allows one frame
};

}  // namespace lws_chat
