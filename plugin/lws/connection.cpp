#include "lws/connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/log_text.h"
#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

Connection::Connection(lws* wsi, VhostState& vhost, KindId kind)
    : wsi_(wsi),
      vhost_(&vhost),
      address_(vhost.client_of(wsi)),
      kind_(kind),
      over_http2_(lws_get_network_wsi(wsi) != wsi),
      batchable_(!over_http2_ && !lws_is_ssl(wsi)) {
  vhost.add(*this);
  vhost.hub().counters().connected(kind_);
  auto say = [&] {
    if (vhost.may_log())
      lwsl_notice("lws-chat: vhost %s: %s joined by %s, clients: %zu\n", vhost.name(), address_.text().c_str(),
                  std::string(stream_kinds()[kind_].dialect).c_str(), vhost.connections());
  };
  (void)guarded("log", say);
}

// A derived part that could not be made has not called finish().
Connection::~Connection() { forget_vhost(); }

void Connection::finish() {
  if (!vhost_) return;
  leave_hub();
  auto say = [&] {
    if (vhost_->may_log())
      lwsl_notice("lws-chat: vhost %s: %s left (%s), clients: %zu\n", vhost_->name(), address_.text().c_str(),
                  reason().c_str(), vhost_->connections() - 1);
  };
  (void)guarded("log", say);
  forget_vhost();
}

void Connection::forget_vhost() {
  if (!vhost_) return;
  --vhost_->hub().counters().of(kind_).connections;
  vhost_->remove(*this);
  vhost_ = nullptr;
}

// For the log. The detail may be a back end's or a client's text.
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
  // A back end that gives a code of its own also says why in its own words.
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

void Connection::closing() {
  state_ = State::kClosing;
  cancel();
  drop_input();
  leave_hub();
}

void Connection::orphan() {
  closing();
  forget_vhost();
}

void Connection::kill(Status why) {
  if (state_ == State::kClosing) return;
  if (!ending_ && why != Status::kOk) (void)note_end({why});
  closing();
  // Closing another connection inline is not safe in lws: it is done from the event loop. lws sorts what is to be
  // closed by walking it, so thousands at once come in portions.
  wait_until(TimerWheel::kAtOnce);
}

void Connection::ring() {
  if (state_ != State::kClosing) return time_is_up();
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

void Connection::wait_until(Time due) { vhost_->alarms().set(*this, due); }

bool Connection::can_write() {
  if (state_ != State::kOpen) return false;
  if (!over_http2_) return !lws_partial_buffered(wsi_);
  if (may_write_) return true;
  lws_callback_on_writable(wsi_);
  return false;
}

size_t Connection::write(Client* client, std::string_view bytes) {
  if (!over_http2_) {
    UringBatch* batch = client && batchable_ ? vhost_->shared_hub().batch() : nullptr;
    if (batch) {
      batch->add(*this, lws_get_socket_fd(wsi_), bytes);
      gathered_ = client;
      client->set_gathered(true);
      return bytes.size();
    }
    if (write_raw(bytes)) return bytes.size();
  } else {
    may_write_ = false;
    size_t taken = write_http2(bytes);
    if (taken > 0) return taken;
  }
  kill(Status::kOk);
  return 0;
}

// What the kernel did not take is lws's to send when it can.
void Connection::batch_sent(std::string_view bytes, int sent) {
  Client& client = *gathered_;
  gathered_ = nullptr;
  client.set_gathered(false);
  if (state_ == State::kClosing) return;
  if (sent < 0 && sent != -EAGAIN && sent != -EINTR && sent != -ENOBUFS) return kill(Status::kOk);
  bytes.remove_prefix(static_cast<size_t>(std::max(sent, 0)));
  if (!bytes.empty() && !write_raw(bytes)) return kill(Status::kOk);
  // One piece of a stream fits a batch; there may be another.
  if (state_ == State::kOpen && client.behind()) vhost_->hub().pump(client, now());
}

bool Connection::write_raw(std::string_view bytes) {
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  if (lws_write(wsi_, data, bytes.size(), LWS_WRITE_HTTP) < 0) return false;
  if (lws_partial_buffered(wsi_)) choked();
  return true;
}

}  // namespace lws_chat
