#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/arrival.h"
#include "lws/http/http_answer.h"
#include "lws/http/http_exchange.h"

namespace lws_chat {

class VhostState;

// An event stream as its request asks for it.
struct StreamWish {
  std::vector<std::string> rooms;
  std::string last_event_id;
  ForeignPage page;
};

// A request for an event stream, until it is known whether the client may come: then it is an event stream or a
// refusal. Nothing is sent before.
class StreamEntrance final : public HttpExchange {
 public:
  // Asks whether the client may come. Returns the exchange that goes on with the request, which the caller deletes.
  static HttpExchange* open(lws* wsi, VhostState& vhost, StreamWish wish);

  int begin() override;
  int writeable() override;
  int body(std::string_view piece) override { return exchange_ ? exchange_->body(piece) : 0; }
  int body_complete() override { return exchange_ ? exchange_->body_complete() : 0; }
  bool done() const override { return exchange_ && exchange_->done(); }

 private:
  StreamEntrance(lws* wsi, VhostState& vhost, StreamWish wish);
  std::unique_ptr<HttpExchange> answer();
  HttpAnswer refuse(const Denial& denial) const;

  lws* wsi_;
  VhostState& vhost_;
  StreamWish wish_;
  std::unique_ptr<Arrival> arrival_;
  std::unique_ptr<HttpExchange> exchange_;  // nullptr: somebody is asked
  bool answered_ = false;
};

}  // namespace lws_chat
