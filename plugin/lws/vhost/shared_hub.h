#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>

#include "access/revocations.h"
#include "access/rule_gate.h"
#include "api/idempotency.h"
#include "api/server_api.h"
#include "config/options.h"
#include "core/hub.h"
#include "dialect/centrifuge/session.h"
#include "lws/fanout/uring_batch.h"
#include "lws/http/emulated_sessions.h"
#include "lws/timer.h"
#include "lws/vhost/memory_trim.h"
#include "lws/vhost/shared_rooms.h"
#include "lws/vhost/storage.h"
#include "wire/deflater.h"
#include "wire/inflater.h"

namespace lws_chat {

// A hub, the timer that flushes it, and the way out of its bytes. Vhosts of one context that name the same hub share
// it.
class SharedHub final : public Fanout, private Waker, private Peers::Self {
 public:
  // Takes the hub's settings from the options of this vhost.
  SharedHub(lws_context* context, lws_vhost* vhost, const Options& options, const char* vhost_name);
  SharedHub(const SharedHub&) = delete;
  SharedHub& operator=(const SharedHub&) = delete;

  const std::string& name() const { return options_.hub_name; }
  Hub& hub() { return hub_; }
  Sessions& sessions() { return sessions_; }
  Idempotency& idempotency() { return idempotency_; }
  Revocations& revocations() { return revocations_; }
  EmulatedSessions& emulated() { return emulated_; }
  Storage& storage() { return storage_; }
  SharedRooms& shared_rooms() { return shared_rooms_; }

  // The server API of this node, and for others of its cluster.
  ServerApi api(const Options& options) { return api_of(options, shared_rooms_.peers()); }

  // The deflater compresses messages for readers, the inflater reads compressed messages of clients.
  const Deflater& deflater() const { return deflater_; }
  Inflater& inflater() { return inflater_; }

  // Compares the options with those of another vhost for the same hub. Returns the differences; empty: none.
  std::string conflict_with(const Options& options) const;

  // Returns the name of the way in which the hub's bytes go out, for the log.
  const char* fanout_name() const { return uring_ ? "io_uring" : "write"; }

  // A message came from this socket. More messages that it has ready go out together with this one.
  void came_from(int fd);

  // Flushes if the flush is late: libuv reads from up to 49 152 sockets before it looks at timers. Not to be called by
  // the hub.
  void flush_if_late();

  // The batch that takes bytes for plain sockets now. nullptr: write at once.
  UringBatch* batch();

  // Logs, at most once a second, that readers were closed for being slow.
  void note_slow(uint64_t lag);

  Time complete() override;

 private:
  NodeFacts facts(Time now) override;
  void obey(std::string_view method, std::string_view request, Time now) override;
  Status take_passed_on(std::string_view session, std::string_view data) override;
  void replaced(std::string_view client, Time now) override;
  std::optional<RoomCounts> rooms(std::string_view pattern) override;
  ServerApi api_of(const Options& options, Peers* peers) {
    return {hub_, sessions_, idempotency_, revocations_, options, node_, peers};
  }
  void wake(Time due) override;
  void schedule(Time at, Time elapsed);
  bool worth_waiting() const;
  void guarded_flush();
  void remember(Records& records);
  void revoked(std::string_view user);
  void flush();

  lws_context* context_;
  Options options_;
  std::string vhost_name_;
  const HubSettings rooms_;
  Storage storage_;           // outlives the hub
  SharedRooms shared_rooms_;  // outlives the hub
  RuleGate gate_;
  Deflater deflater_;  // outlives the hub
  Inflater inflater_;
  Hub hub_;
  Sessions sessions_;
  Idempotency idempotency_;
  Revocations revocations_;
  EmulatedSessions emulated_;
  std::unique_ptr<UringBatch> uring_;
  ServerApi::Node node_;
  MemoryTrim trim_;
  bool batching_ = false;
  Timer timer_;
  Timer revocation_timer_;
  Time scheduled_ = Hub::kNever;
  int source_ = -1;          // the socket of the last message
  Time slow_logged_ = 0;     // when the last line about slow readers was logged
  uint64_t slow_since_ = 0;  // readers closed for being slow since that line
};

}  // namespace lws_chat
