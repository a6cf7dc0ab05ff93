#pragma once

namespace lws_chat {

class HttpExchange;
class WebSocket;

// Memory that lws keeps for each connection or stream.
struct PerSession {
  WebSocket* socket;
  HttpExchange* exchange;
  bool compresses;  // the handshake has negotiated compression
};

}  // namespace lws_chat
