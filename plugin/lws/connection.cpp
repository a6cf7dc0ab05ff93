#include "lws/connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/log_text.h"
#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/fanout/tls_of.h"
#include "lws/guard.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

// Rings for the session. Most connections never need one.
class Connection::SessionAlarm final : public Alarm {
 public:
  explicit SessionAlarm(Connection& connection) : connection_(connection) {}
  void ring() override {
    // A session that cannot act on its time would not end.
    if (connection_.open() && !guarded("expiry", [&] { connection_.session_time_is_up(); }))
      connection_.drop(Status::kInternalError);
  }

 private:
  Connection& connection_;
};

Connection::Connection(lws* wsi, VhostState& vhost, KindId kind)
    : Connection(wsi, vhost, kind, PeerAddress(wsi, vhost.options().trusted_proxies)) {}

Connection::Connection(lws* wsi, VhostState& vhost, KindId kind, const PeerAddress& address)
    : wsi_(wsi),
      vhost_(&vhost),
      address_(address),
      kind_(kind),
      over_http2_(lws_get_network_wsi(wsi) != wsi),
      over_tls_(lws_is_ssl(lws_get_network_wsi(wsi))),
      batchable_(!over_http2_) {
  vhost.connections().add(*this);
  vhost.hub().counters().connected(kind_);
  auto say = [&] {
    if (vhost.may_log())
      lwsl_notice("lws-chat: vhost %s: %s joined by %s, clients: %zu\n", vhost.name(), address_.text().c_str(),
                  std::string(stream_kinds()[kind_].dialect).c_str(), vhost.connections().size());
  };
  (void)guarded("log", say);
}

// The destructor of a derived class calls end_and_log(); it does not run if the constructor failed.
Connection::~Connection() { unlist(); }

void Connection::end_and_log() {
  if (!vhost_) return;
  end_session();
  auto say = [&] {
    if (vhost_->may_log())
      lwsl_notice("lws-chat: vhost %s: %s left (%s), clients: %zu\n", vhost_->name(), address_.text().c_str(),
                  reason().c_str(), vhost_->connections().size() - 1);
  };
  (void)guarded("log", say);
  unlist();
}

void Connection::unlist() {
  if (!vhost_) return;
  --vhost_->hub().counters().of(kind_).connections;
  vhost_->connections().remove(*this);
  vhost_->watch().stop(*this);
  vhost_ = nullptr;
}

// For the log. The detail may be the text of a back end or a client.
std::string Connection::reason() const {
  if (ending_) {
    std::string detail = ending_->detail.empty() && !ending_->code ? "" : in_log(ending_->detail);
    return (code() ? std::to_string(code()) + " " : "") + in_words(detail);
  }
  if (peer_code_) return "closed by the client with " + std::to_string(peer_code_);
  return kind_ == kEventsKind ? "connection ended" : "connection lost or protocol violated";
}

std::string Connection::why_in_words() const { return in_words(ending_->detail); }

std::string Connection::in_words(std::string_view detail) const {
  // A back end that gives its own code also gives its own words.
  if (ending_->code) return std::string(detail);
  std::string text(describe(ending_->why).text);
  if (!detail.empty()) text.append(": ").append(detail);
  if (ending_->why == Status::kSlow) text += ": " + std::to_string(ending_->lag) + " bytes behind";
  if (ending_->why == Status::kMessageTooBig)
    text += ": more than " + std::to_string(vhost_->options().max_message) + " bytes";
  return text;
}

unsigned Connection::code() const { return ending_->code ? ending_->code : close_code(ending_->why); }

bool Connection::note_end(Ending ending) {
  ++vhost_->hub().counters().of(ending.why);
  if (ending.why == Status::kSlow) vhost_->shared_hub().note_slow(ending.lag);
  return guarded("end", [&] { ending_ = std::make_unique<const Ending>(std::move(ending)); });
}

void Connection::note_denial(const Denial& denial) {
  if (!denial.disconnects) ++vhost_->hub().counters().refused_by(denial.why);
  // A back end that does not answer is in the log already, once a second at most.
  if (denial.why == Status::kUnavailable) return;
  auto say = [&] {
    if (!vhost_->may_log()) return;
    std::string detail = denial.detail.empty() ? std::string() : " (" + in_log(denial.detail) + ")";
    lwsl_notice("lws-chat: vhost %s: %s: denied: %s%s\n", vhost_->name(), address_.text().c_str(),
                std::string(describe(denial.why).text).c_str(), detail.c_str());
  };
  (void)guarded("log", say);
}

void Connection::closing() {
  state_ = State::kClosing;
  session_alarm_ = nullptr;
  cancel();
  drop_input();
  end_session();
}

void Connection::vhost_ends() {
  closing();
  unlist();
}

void Connection::drop(Status why) {
  if (state_ == State::kClosing) return;
  if (!ending_ && why != Status::kOk) (void)note_end({why});
  closing();
  // lws does not allow to close another connection inline, so its event loop does it. For that lws walks a sorted list,
  // so thousands of connections come in portions.
  wait_until(TimerWheel::kAtOnce);
}

void Connection::ring() {
  if (state_ != State::kClosing) return time_is_up();
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

void Connection::wait_until(Time due) { vhost_->alarms().set(*this, due); }

void Connection::call_session_at(Time due) {
  if (state_ != State::kOpen) return;
  if (!session_alarm_) session_alarm_ = std::make_unique<SessionAlarm>(*this);
  vhost_->alarms().set(*session_alarm_, due);
}

bool Connection::can_write() {
  if (state_ != State::kOpen) return false;
  if (!over_http2_) return !unsent();
  if (may_write_) return true;
  lws_callback_on_writable(wsi_);
  return false;
}

size_t Connection::write(Client* client, std::string_view bytes) {
  if (!over_http2_) {
    if (client && batchable_ && gather(*client, bytes)) return bytes.size();
    if (write_raw(bytes)) return bytes.size();
  } else {
    may_write_ = false;
    size_t taken = write_http2(bytes);
    if (taken > 0) return taken;
  }
  drop(Status::kOk);
  return 0;
}

// Returns false if the bytes have to be written at once.
bool Connection::gather(Client& client, std::string_view bytes) {
  UringBatch* batch = vhost_->shared_hub().batch(over_tls_ ? TlsOutput::room_for(bytes.size()) : 0);
  if (!batch) return false;
  if (!over_tls_) {
    batch->add(*this, lws_get_socket_fd(wsi_), bytes);
  } else {
    if (!tls_) tls_ = tls_output_of(wsi_);
    batchable_ = static_cast<bool>(tls_);
    size_t size = tls_ ? tls_.seal(ssl_of(wsi_), bytes, batch->room(), batch->room_left()) : 0;
    if (size == 0) return false;
    batch->add_made(*this, lws_get_socket_fd(wsi_), size);
  }
  gathered_ = &client;
  client.set_gathered(true);
  return true;
}

void Connection::batch_sent(std::string_view bytes, int sent) {
  Client& client = *gathered_;
  gathered_ = nullptr;
  client.set_gathered(false);
  bytes.remove_prefix(static_cast<size_t>(std::max(sent, 0)));
  if (!go_on_sending(bytes, sent == UringBatch::kUnknown)) return drop(Status::kOk);
  // A batch holds one piece of a stream. There may be another.
  if (state_ == State::kOpen && client.behind()) vhost_->hub().pump(client, now());
}

// The rest leaves when the kernel takes it: lws keeps it, or tls_ does. A fault of the socket shows when the rest is
// tried again; a fault of the ring does not. Returns false if the connection is broken.
bool Connection::go_on_sending(std::string_view rest, bool lost) {
  if (tls_) {
    bool kept = !lost && tls_.keep(rest) && tls_.send();
    if (!kept) tls_.give_up();
    if (!kept || state_ == State::kClosing) return kept;
    if (tls_.waits()) wait_for_peer();
    return true;
  }
  if (lost || state_ == State::kClosing) return !lost;
  return rest.empty() || write_raw(rest);
}

bool Connection::send_waiting() {
  if (!tls_.waits()) return true;
  if (!tls_.send()) return false;
  if (tls_.waits()) wait_for_peer();
  return true;
}

void Connection::wait_for_peer() {
  ask_to_write();
  choked();
}

bool Connection::write_raw(std::string_view bytes) {
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  if (lws_write(wsi_, data, bytes.size(), LWS_WRITE_HTTP) < 0) return false;
  if (lws_partial_buffered(wsi_)) choked();
  return true;
}

}  // namespace lws_chat
