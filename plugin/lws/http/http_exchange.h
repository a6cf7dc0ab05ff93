#pragma once

#include <libwebsockets.h>

#include <string_view>

namespace lws_chat {

// An HTTP request to the mount of callback://lws-chat and what it is answered with. lws's per-session memory holds
// one pointer to it. The calls return what the callback has to return.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  // LWS_CALLBACK_HTTP
  virtual int begin() = 0;

  // HTTP_BODY and HTTP_BODY_COMPLETION, of a request that has a body.
  virtual int body(std::string_view) { return 0; }
  virtual int body_complete() { return 0; }

  // HTTP_WRITEABLE
  virtual int writeable() = 0;

  // Whether all of it has come and been answered, so that another request may follow.
  virtual bool done() const { return false; }
};

}  // namespace lws_chat
