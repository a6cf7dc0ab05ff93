#pragma once

#include <libwebsockets.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/deferred.h"
#include "core/log/message.h"
#include "core/memory_account.h"
#include "lws/http/caller.h"
#include "lws/http/header.h"
#include "lws/http/http_answer.h"
#include "lws/http/http_connection.h"
#include "lws/http/http_exchange.h"
#include "lws/http/http_resource.h"
#include "lws/vhost/alarms.h"

namespace lws_chat {

class VhostState;

// A request for a resource, with or without a body. Waits for the body, bounded in size and time, and sends the answer.
class HttpRequest final : public HttpExchange, public Alarm {
 public:
  // `rest` is the path behind that of the resource.
  HttpRequest(lws* wsi, VhostState* vhost, const HttpResource& resource, std::string_view rest);

  // A request that gets this answer, whatever its body.
  HttpRequest(lws* wsi, VhostState* vhost, HttpAnswer answer);

  int begin() override;
  int body(std::string_view piece) override;
  int body_complete() override;
  int writeable() override;
  void ring() override;
  bool done() const override { return complete_ && sent_headers_ && sent_ == answer_.body.size(); }

 private:
  bool over_http1() const { return !over_http2(wsi_); }
  int send_rest_and_end();
  int collect(std::string_view piece);
  int serve();
  int open();
  bool may_be_its_own_head(std::string_view piece) const;
  int ask_for_body();
  HttpAnswer judge() const;
  HttpAnswer judge_length() const;
  int answer(HttpAnswer answer);
  bool add_headers(unsigned char** at, unsigned char* end) const;
  int send_headers();
  int ask_to_write();
  void wait();
  void wait_until(Time due);

  lws* wsi_;
  VhostState* vhost_;
  const HttpResource* resource_;  // nullptr: verdict_ is the answer
  HttpAnswer verdict_;
  std::string rest_;
  std::string body_;
  HttpAnswer answer_;
  size_t sent_ = 0;    // bytes of answer_.body that were sent
  uint64_t left_ = 0;  // bytes of the request's body that are still to come, as far as is known
  Time deadline_ = 0;
  HttpConnections::Place place_ = HttpConnections::Place::kUnknown;
  bool keeps_ = false;     // the client lets another request follow
  bool complete_ = false;  // the request's body has come, or there is none
  bool answered_ = false;  // the answer is known
  bool sent_headers_ = false;
  bool end_now_ = false;         // the connection ends with the answer, and does not wait for the rest of the body
  bool end_after_body_ = false;  // the connection ends when the rest of the body has come, which nobody reads
  std::unique_ptr<const Caller> caller_;         // of a resource for clients; nullptr: another one
  std::optional<MemoryAccount::Charge> charge_;  // of body_, in a resource for clients
  std::unique_ptr<HttpExchange> exchange_;       // goes on with the request; nullptr: nothing does
  Lifetime lifetime_;
};

}  // namespace lws_chat
