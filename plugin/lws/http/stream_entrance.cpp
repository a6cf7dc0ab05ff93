#include "lws/http/stream_entrance.h"

#include <utility>

#include "dialect/visit.h"
#include "lws/http/credentials.h"
#include "lws/http/event_stream.h"
#include "lws/http/header.h"
#include "lws/http/http_request.h"
#include "lws/http/http_resource.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

// Some reasons only end what has begun. A request that comes too late for its token needs a new one, and whom the back
// end sends away has no access.
unsigned http_status_of(Status why) {
  if (why == Status::kExpired || why == Status::kSubscriptionOver || why == Status::kRoomExpired) return 401;
  unsigned status = describe(why).http_status;
  return status ? status : 403;
}

}  // namespace

StreamEntrance::StreamEntrance(lws* wsi, VhostState& vhost, StreamWish wish)
    : wsi_(wsi),
      vhost_(vhost),
      wish_(std::move(wish)),
      arrival_(arrival_of(wsi, vhost, "sse", "events", wish_.rooms)) {}

HttpExchange* StreamEntrance::open(lws* wsi, VhostState& vhost, StreamWish wish) {
  std::unique_ptr<StreamEntrance> entrance(new StreamEntrance(wsi, vhost, std::move(wish)));
  StreamEntrance* waiting = entrance.get();
  bool at_once = entrance->arrival_->ask([waiting] {
    waiting->answered_ = true;
    // A connection that does not read is not told either that it can write.
    lws_rx_flow_control(waiting->wsi_, 1);
    lws_callback_on_writable(waiting->wsi_);
  });
  return at_once ? entrance->answer().release() : entrance.release();
}

// The back end has a time limit of its own. Until it answers, the connection is not read: lws would spin if the client
// goes or sends something.
int StreamEntrance::begin() {
  lws_set_timeout(wsi_, NO_PENDING_TIMEOUT, 0);
  if (!over_http2(wsi_)) lws_rx_flow_control(wsi_, 0);
  return 0;
}

// A call that nobody asked for means that lws has read something behind the request. It would call again and again.
int StreamEntrance::writeable() {
  if (exchange_) return exchange_->writeable();
  if (!answered_) return -1;
  exchange_ = answer();
  arrival_.reset();
  return exchange_->begin();
}

std::unique_ptr<HttpExchange> StreamEntrance::answer() {
  auto answer_with = [&](HttpAnswer answer) -> std::unique_ptr<HttpExchange> {
    answer.page = wish_.page;
    return std::make_unique<HttpRequest>(wsi_, &vhost_, std::move(answer));
  };
  if (arrival_->denial()) return answer_with(refuse(*arrival_->denial()));
  // While somebody was asked, the server may have begun to stop.
  if (vhost_.drain().begun()) return answer_with(refuse(Denial::error(Status::kGoingAway)));
  if (is_head(wsi_)) {
    HttpAnswer answer{200, "", "text/event-stream"};
    answer.stream = true;
    return answer_with(std::move(answer));
  }
  // Joins only after construction, so that the destructor leaves the rooms again.
  auto stream = std::make_unique<EventStream>(wsi_, vhost_, wish_.page);
  stream->enter(wish_.rooms, wish_.last_event_id, arrival_->needs_pass() ? arrival_.get() : nullptr);
  return stream;
}

HttpAnswer StreamEntrance::refuse(const Denial& denial) const {
  Ending ending = ending_of(denial);
  ++vhost_.hub().counters().refused_by(ending.why);
  std::string text(ending.code ? std::string_view(ending.detail) : describe(ending.why).text);
  if (!ending.code && !ending.detail.empty()) text.append(": ").append(ending.detail);
  HttpAnswer answer = refusal(http_status_of(ending.why), text);
  answer.challenge = "Bearer";
  if (!denial.detail.empty()) answer.why.append(" (").append(denial.detail).append(")");
  return answer;
}

}  // namespace lws_chat
