#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>

#include "api/idempotency.h"
#include "config/options.h"
#include "core/hub.h"
#include "dialect/centrifuge/session.h"
#include "lws/fanout/uring_batch.h"
#include "lws/timer.h"
#include "lws/vhost/memory_trim.h"

namespace lws_chat {

// A hub, the timer that flushes it and the way its bytes leave. Vhosts of one context that name the same
// hub share one.
class SharedHub final : public Fanout, private Waker {
 public:
  // For the vhost of that name, whose options say how the hub is.
  SharedHub(lws_context* context, const Options& options, const char* vhost_name);
  SharedHub(const SharedHub&) = delete;
  SharedHub& operator=(const SharedHub&) = delete;

  const std::string& name() const { return options_.hub_name; }
  Hub& hub() { return hub_; }
  Sessions& sessions() { return sessions_; }
  Idempotency& idempotency() { return idempotency_; }

  // What another vhost's options for the hub differ in; empty: nothing.
  std::string conflict_with(const Options& options) const;

  // How its bytes leave, for the log.
  const char* fanout_name() const { return uring_ ? "io_uring" : "write"; }

  // A message came from this socket: more that is already there to be read goes out together with it.
  void came_from(int fd);

  // Sends what should have been sent a while ago: libuv reads from up to 49 152 sockets before it looks at timers. Not
  // to be called by the hub's own calls.
  void flush_if_late();

  // Where to put what goes to a plain socket now; nullptr when it has to be written at once.
  UringBatch* batch();

  // A reader was closed for being slow; the log says so at most once a second.
  void note_slow(uint64_t lag);

  Time complete() override;

 private:
  void wake(Time due) override;
  void schedule(Time at, Time elapsed);
  bool worth_waiting() const;
  void guarded_flush();
  void flush();

  lws_context* context_;
  Options options_;
  std::string vhost_name_;
  Hub hub_;
  Sessions sessions_;
  Idempotency idempotency_;
  std::unique_ptr<UringBatch> uring_;
  MemoryTrim trim_;
  bool batching_ = false;
  Timer timer_;
  Time scheduled_ = Hub::kNever;
  int source_ = -1;  // the socket of the last message
  Time slow_logged_ = 0;
  uint64_t slow_since_ = 0;  // closed since the log last said so
};

}  // namespace lws_chat
