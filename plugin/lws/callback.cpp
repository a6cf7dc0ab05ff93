#include "lws/callback.h"

#include <cstdint>
#include <memory>

#include "lws/guard.h"
#include "lws/http/header.h"
#include "lws/http/http_open.h"
#include "lws/http/http_upgrade.h"
#include "lws/per_session.h"
#include "lws/vhost/admission.h"
#include "lws/vhost/home.h"
#include "lws/vhost/shared_rooms.h"
#include "lws/vhost/vhost.h"
#include "lws/vhost/vhost_slot.h"
#include "lws/vhost/waiting.h"
#include "lws/ws/compression.h"
#include "lws/ws/handshake.h"
#include "lws/ws/structured_connection.h"
#include "lws/ws/text_connection.h"

namespace lws_chat {
namespace {

void establish(lws* wsi, WebSocket*& socket, bool compresses) {
  waiting::served(lws_get_network_wsi(wsi));
  VhostState* vhost = vhost_of(wsi);
  if (!vhost) return;
  Target target = requested(wsi, vhost->options());
  if (target.structured) {
    socket = new StructuredConnection(wsi, *vhost, target.encoding, compresses);
    return;
  }
  // Joins only after construction, so that the destructor leaves the room again.
  auto made = std::make_unique<TextConnection>(wsi, *vhost, compresses);
  made->enter(target.room);
  socket = made.release();
}

static_assert(sizeof(PerSession) == LWS_CHAT_SESSION_BYTES);

template <typename Object>
void destroy(Object*& object) {
  delete object;
  object = nullptr;
}

// While thousands of clients come or go at once, the others do not wait for the last of them.
void send_what_is_late(lws* wsi) {
  VhostState* vhost = vhost_of(wsi);
  if (vhost && vhost->serves()) vhost->shared_hub().flush_if_late();
}

int begin_exchange(lws* wsi, HttpExchange*& exchange, std::string_view path) {
  // An HTTP/2 stream has one request. If the body came with the headers, lws 4.3 announces the request again after it
  // has given the body.
  if (exchange && over_http2(wsi)) return 0;
  destroy(exchange);
  waiting::served(lws_get_network_wsi(wsi));
  VhostState* vhost = vhost_of(wsi);
  exchange = open_exchange(wsi, vhost, path);
  return exchange ? exchange->begin() : serve_http(wsi, vhost, path.data(), path.size());
}

// lws has sent a file, or another answer of its own.
int end_request(lws* wsi) {
  VhostState* vhost = vhost_of(wsi);
  return vhost ? vhost->http_connections().answered(wsi) : lws_http_transaction_completed(wsi) ? -1 : 0;
}

// Lets another request in only here: if that happens while lws 4.1 still has the end of this one in hand, lws never
// leaves its loop. Its memory for the connection may be gone afterwards.
int continue_exchange(lws* wsi, HttpExchange*& exchange) {
  int result = exchange->writeable();
  if (result != 0 || !exchange->done()) return result;
  destroy(exchange);
  if (!over_http2(wsi)) waiting::idle(wsi);
  return end_request(wsi);
}

int begin_request(lws* wsi) {
  VhostState* vhost = vhost_of(wsi);
  return vhost ? vhost->http_connections().begun(wsi) : 0;
}

void forget_requests(lws* wsi) {
  if (VhostState* vhost = vhost_of(wsi)) vhost->http_connections().closed(wsi);
}

// The vhost's state and its one wake-up are the first protocol's.
bool is_for_first_protocol(lws_callback_reasons reason) {
  return reason == LWS_CALLBACK_PROTOCOL_INIT || reason == LWS_CALLBACK_PROTOCOL_DESTROY ||
         reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED;
}

int dispatch(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size) {
  if (is_for_first_protocol(reason) && asks_for_protobuf(wsi)) return 0;
  switch (reason) {
    case LWS_CALLBACK_PROTOCOL_INIT:
      create_vhost_state(wsi, static_cast<const lws_protocol_vhost_options*>(in));
      return 0;
    case LWS_CALLBACK_PROTOCOL_DESTROY: destroy_vhost_state(wsi); return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      return may_connect(wsi, vhost_of(wsi), static_cast<int>(reinterpret_cast<intptr_t>(in))) ? 0 : 1;
    case LWS_CALLBACK_WSI_CREATE: waiting::made(wsi); return 0;
    case LWS_CALLBACK_WSI_DESTROY: waiting::gone(wsi); return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return admit(wsi, vhost_of(wsi)) ? 0 : 1;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      if (!wants_websocket(wsi)) return ignore_upgrade(wsi, static_cast<char*>(in));
      return judge_handshake(wsi, vhost_of(wsi));
    case LWS_CALLBACK_RAW_ADOPT: return refuse_raw(wsi, vhost_of(wsi));
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY: return may_compress(wsi, vhost_of(wsi)) ? 0 : 1;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
      if (VhostState* vhost = vhost_of(wsi)) vhost->woken();
      return 0;
    case LWS_CALLBACK_RAW_RX_FILE: SharedRooms::readable(wsi); return 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE: SharedRooms::closed(wsi); return 0;
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION: return begin_request(wsi);
    case LWS_CALLBACK_HTTP_FILE_COMPLETION: return end_request(wsi);
    case LWS_CALLBACK_CLOSED_HTTP: forget_requests(wsi); break;
    case LWS_CALLBACK_HTTP:
      if (user)
        return begin_exchange(wsi, static_cast<PerSession*>(user)->exchange, {static_cast<const char*>(in), size});
      return serve_http(wsi, vhost_of(wsi), static_cast<const char*>(in), size);
    default: break;
  }

  if (!user) return lws_callback_http_dummy(wsi, reason, user, in, size);
  auto& [socket, exchange, compresses] = *static_cast<PerSession*>(user);
  if (reason == LWS_CALLBACK_ADD_HEADERS && compresses)
    return add_parameters(wsi, *static_cast<lws_process_html_args*>(in)) ? 0 : -1;
  if (reason == LWS_CALLBACK_ESTABLISHED) {
    establish(wsi, socket, compresses);
    send_what_is_late(wsi);
    return socket ? 0 : -1;
  }
  if (exchange) {
    switch (reason) {
      case LWS_CALLBACK_HTTP_BODY: return exchange->body({static_cast<const char*>(in), size});
      case LWS_CALLBACK_HTTP_BODY_COMPLETION: return exchange->body_complete();
      case LWS_CALLBACK_HTTP_WRITEABLE: return continue_exchange(wsi, exchange);
      case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      case LWS_CALLBACK_CLOSED_HTTP: destroy(exchange); return 0;
      default: break;
    }
  }
  // lws also binds requests for files of the page to this protocol if it is the vhost's first.
  if (!socket) return lws_callback_http_dummy(wsi, reason, user, in, size);

  switch (reason) {
    case LWS_CALLBACK_RECEIVE: socket->receive(static_cast<const char*>(in), size); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return socket->writeable() ? 0 : -1;
    case LWS_CALLBACK_RECEIVE_PONG: socket->received_pong(); return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      return socket->peer_closes({static_cast<const char*>(in), size}) ? 0 : -1;
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL: socket->closing(); return 0;
    case LWS_CALLBACK_CLOSED:
      destroy(socket);
      send_what_is_late(wsi);
      return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, size);
  }
}

// Returns true if -1 ends the connection that the call is about. For other reasons lws would end a connection of its
// own, or a whole vhost.
bool is_about_connection(lws_callback_reasons reason) {
  switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY:
    case LWS_CALLBACK_ADD_HEADERS:
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_HTTP_FILE_COMPLETION:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_TIMER: return true;
    default: return false;
  }
}

// Counts the client's connection as ended by an error of the server.
int drop_after_exception(lws_callback_reasons reason, void* user) {
  if (!is_about_connection(reason)) return 0;
  if (user && reason != LWS_CALLBACK_FILTER_NETWORK_CONNECTION)
    if (WebSocket* socket = static_cast<PerSession*>(user)->socket) socket->drop(Status::kInternalError);
  return -1;
}

}  // namespace
}  // namespace lws_chat

int lws_chat_callback(struct lws* wsi, enum lws_callback_reasons reason, void* user, void* in, size_t len) {
  int result = 0;
  if (lws_chat::guarded("callback", [&] { result = lws_chat::dispatch(wsi, reason, user, in, len); })) return result;
  return lws_chat::guarded("callback", -1, [&] { return lws_chat::drop_after_exception(reason, user); });
}
