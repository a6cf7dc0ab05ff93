#pragma once

#include <libwebsockets.h>

#include <string_view>

namespace lws_chat {

// An HTTP request to the mount of callback://lws-chat, and its answer. lws's per-session memory holds one pointer to
// it. The functions return the result of the callback.
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

  // Returns true if the whole request has come and has been answered, so that another may follow.
  virtual bool done() const { return false; }
};

}  // namespace lws_chat
