#include "lws/callback.h"

#include <cstdint>
#include <exception>

#include "lws/descriptors.h"
#include "lws/handshake.h"
#include "lws/home.h"
#include "lws/http_request.h"
#include "lws/structured_connection.h"
#include "lws/text_connection.h"
#include "lws/vhost.h"

namespace lws_chat {
namespace {

void establish(lws* wsi, Connection*& connection) {
  VhostState* vhost = VhostState::of(wsi);
  if (!vhost) return;
  Target target = requested(wsi, vhost->options());
  if (target.structured)
    connection = new StructuredConnection(wsi, *vhost);
  else
    connection = new TextConnection(wsi, *vhost, target.room);
}

// What lws keeps for each connection or stream.
struct PerSession {
  Connection* connection;
  HttpRequest* request;
};
static_assert(sizeof(PerSession) == LWS_CHAT_SESSION_BYTES);

template <typename Object>
void destroy(Object*& object) {
  delete object;
  object = nullptr;
}

int end_request(HttpRequest*& request, int result) {
  if (result != 0 || !request->done()) return result;
  destroy(request);
  // And its connection, or stream of HTTP/2, with it: with another request behind a body in what it has read, lws
  // 4.1 never comes out of its loop again.
  return -1;
}

int begin_request(lws* wsi, HttpRequest*& request, std::string_view path) {
  destroy(request);
  request = new HttpRequest(wsi, VhostState::of(wsi), path);
  return end_request(request, request->begin());
}

// RFC 6455 section 5.5.1: a close frame's body begins with the code in network order.
unsigned close_code(const void* in, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(in);
  return size >= 2 ? static_cast<unsigned>(bytes[0] << 8 | bytes[1]) : 1005;
}

int dispatch(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size) {
  switch (reason) {
    case LWS_CALLBACK_PROTOCOL_INIT:
      VhostState::create(lws_get_context(wsi), lws_get_vhost(wsi), lws_get_protocol(wsi),
                         static_cast<const lws_protocol_vhost_options*>(in));
      return 0;
    case LWS_CALLBACK_PROTOCOL_DESTROY: VhostState::destroy(lws_get_vhost(wsi), lws_get_protocol(wsi)); return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      return descriptor_affordable(static_cast<int>(reinterpret_cast<intptr_t>(in))) ? 0 : 1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return admit(wsi, VhostState::of(wsi)) ? 0 : 1;
    // permessage-deflate: a client can crash lws 4.1 to 4.3 through its inflater.
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY: return 1;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
      if (VhostState* vhost = VhostState::of(wsi)) vhost->empty_inbox();
      return 0;
    case LWS_CALLBACK_HTTP:
      if (user && HttpRequest::is_for({static_cast<const char*>(in), size}))
        return begin_request(wsi, static_cast<PerSession*>(user)->request, {static_cast<const char*>(in), size});
      return serve_http(wsi, VhostState::of(wsi), static_cast<const char*>(in), size);
    default: break;
  }

  if (!user) return lws_callback_http_dummy(wsi, reason, user, in, size);
  auto& [connection, request] = *static_cast<PerSession*>(user);
  if (reason == LWS_CALLBACK_ESTABLISHED) return establish(wsi, connection), connection ? 0 : -1;
  if (request) {
    switch (reason) {
      case LWS_CALLBACK_HTTP_BODY: return request->body({static_cast<const char*>(in), size});
      case LWS_CALLBACK_HTTP_BODY_COMPLETION: return end_request(request, request->body_complete());
      case LWS_CALLBACK_HTTP_WRITEABLE: return end_request(request, request->writeable());
      case LWS_CALLBACK_TIMER: return request->timeout();
      case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      case LWS_CALLBACK_CLOSED_HTTP: return destroy(request), 0;
      default: break;
    }
  }
  // Requests for files of the page are also bound to this protocol where it is the vhost's first.
  if (!connection) return lws_callback_http_dummy(wsi, reason, user, in, size);

  switch (reason) {
    case LWS_CALLBACK_RECEIVE: return connection->receive(static_cast<const char*>(in), size), 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return connection->writeable() ? 0 : -1;
    case LWS_CALLBACK_TIMER: return connection->timer(), 0;
    case LWS_CALLBACK_RECEIVE_PONG: return connection->pong(), 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: return connection->peer_closes(close_code(in, size)) ? 0 : -1;
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL: return connection->closing(), 0;
    case LWS_CALLBACK_CLOSED: return destroy(connection), 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, size);
  }
}

}  // namespace
}  // namespace lws_chat

int lws_chat_callback(struct lws* wsi, enum lws_callback_reasons reason, void* user, void* in, size_t len) {
  try {
    return lws_chat::dispatch(wsi, reason, user, in, len);
  } catch (const std::exception& error) {
    lwsl_err("lws-chat: %s (callback reason %d)\n", error.what(), static_cast<int>(reason));
  } catch (...) {
    lwsl_err("lws-chat: unknown exception (callback reason %d)\n", static_cast<int>(reason));
  }
  return -1;
}
