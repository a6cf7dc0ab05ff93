#include "lws/http/event_stream.h"

#include <utility>

#include "dialect/stream_kinds.h"
#include "lws/clock.h"
#include "lws/guard.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

EventStream::EventStream(lws* wsi, VhostState& vhost, ForeignPage page)
    : EndlessAnswer(wsi, vhost, kEventsKind, PeerAddress(wsi, vhost.options().trusted_proxies), std::move(page)),
      session_(vhost.hub(), vhost.options(), *this) {}

EventStream::~EventStream() { end_and_log(); }

void EventStream::enter(const std::vector<std::string>& rooms, const std::string& last_event_id, Arrival* arrival) {
  session_.enter(rooms, last_event_id, now(), arrival);
}

int64_t EventStream::unix_ms() { return lws_chat::unix_ms(); }

Time EventStream::now() { return lws_chat::now(); }

void EventStream::go_on() { session_.resume(now()); }

void EventStream::ping() {
  if (!open()) return;
  if (hung_up()) return drop(Status::kOk);
  vhost().watch().look_after(*this);
  session_.ping(now());
  if (session_.behind()) expect_more();
}

void EventStream::drain(Status why) { session_.drain(why, now()); }

void EventStream::end(Ending ending, std::string last_bytes) {
  if (!guarded("close", [&] { close(std::move(ending), std::move(last_bytes)); })) drop(Status::kInternalError);
}

void EventStream::end_session() {
  vhost().turns().cancel(*this);
  session_.lost(now());
}

}  // namespace lws_chat
