#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>

#include "core/message.h"

namespace lws_chat {

class VhostState;

// What an HTTP request is answered with.
struct HttpAnswer {
  unsigned status = 200;
  std::string body;     // JSON
  std::string allow{};  // of 405: the method that is possible
};

// A request with a body to the mount of callback://lws-chat, from its headers to the end of the answer. lws's
// per-session memory holds one pointer to it. The calls return what the callback has to return.
//
// POST /pub/ROOM publishes the body. Who asks shows one of the keys in api-key-file, as "Authorization: apikey KEY"
// or "X-API-Key: KEY"; over HTTP/2 lws tells only the first.
class HttpRequest {
 public:
  // Whether a request for this path is one for this class. `path` is what follows the mount point.
  static bool is_for(std::string_view path);

  // LWS_CALLBACK_HTTP
  HttpRequest(lws* wsi, VhostState* vhost, std::string_view path);
  int begin();

  // HTTP_BODY and HTTP_BODY_COMPLETION
  int body(std::string_view piece);
  int body_complete();

  // HTTP_WRITEABLE
  int writeable();

  // Whether all of it has come and been answered.
  bool done() const { return complete_ && sent_; }

  // TIMER: it has taken too long.
  int timeout();

 private:
  bool over_http1() const { return lws_get_network_wsi(wsi_) == wsi_; }
  HttpAnswer judge() const;
  HttpAnswer publish();
  int answer(const HttpAnswer& answer);

  void wait();

  lws* wsi_;
  VhostState* vhost_;
  Time deadline_ = 0;
  std::string room_;
  std::string body_;
  std::string reply_;      // LWS_PRE bytes, then the body of the answer
  bool complete_ = false;  // its body has come, or it has none
  bool answered_ = false;  // its headers are sent
  bool sent_ = false;      // all of it is sent
  bool end_now_ = false;   // the connection ends with the answer, without waiting for the rest of the body
};

}  // namespace lws_chat
