#include "lws/handshake.h"

#include <string>

#include "core/origin.h"
#include "core/room.h"
#include "lws/descriptors.h"
#include "lws/header.h"
#include "lws/peer_address.h"
#include "lws/vhost.h"

namespace lws_chat {
namespace {

// The first of two headers that is there: HTTP/1.1 and HTTP/2 name some things differently.
std::string either(lws* wsi, lws_token_indexes h1, lws_token_indexes h2) {
  std::string value = header(wsi, h1);
  return value.empty() ? header(wsi, h2) : value;
}

// What a peer sent, fit for a log line.
std::string printable(std::string text) {
  if (text.size() > 200) text.resize(200);
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text;
}

// Without the query, and with %xx decoded: lws does both.
std::string request_path(lws* wsi) { return either(wsi, WSI_TOKEN_GET_URI, WSI_TOKEN_HTTP_COLON_PATH); }

Status judge(lws* wsi, VhostState* vhost, std::string& detail) {
  detail = request_path(wsi);
  if (!vhost) return Status::kNotFound;
  const Options& options = vhost->options();
  if (!options.enabled) return Status::kNotFound;
  if (!vhost->serves()) return Status::kMisconfigured;
  if (vhost->draining()) return Status::kGoingAway;
  Target target = requested(wsi, options);
  if (!target.structured && target.room.empty()) return Status::kNotFound;
  if (!options.is_default && lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) == 0) {
    detail = "no subprotocol asked for, and lws-chat is not the vhost's default";
    return Status::kNotFound;
  }
  // lws itself takes any version for 13.
  detail = header(wsi, WSI_TOKEN_VERSION);
  if (detail != "13") return Status::kOtherVersion;
  std::string origin = header(wsi, WSI_TOKEN_ORIGIN);
  std::string host = either(wsi, WSI_TOKEN_HOST, WSI_TOKEN_HTTP_COLON_AUTHORITY);
  detail = origin + " at " + host;
  if (!origin_allowed(origin, host, lws_is_ssl(lws_get_network_wsi(wsi)), options.allowed_origins))
    return Status::kForbiddenOrigin;
  // lws-chatd also asks this before the request is read; in lwsws only lws itself hears of that.
  detail = "file descriptors";
  if (!descriptor_affordable(lws_get_socket_fd(lws_get_network_wsi(wsi)))) return Status::kFull;
  detail = std::to_string(vhost->connections()) + " now";
  if (options.max_clients && vhost->connections() >= options.max_clients) return Status::kFull;
  detail = target.room;
  if (!target.structured && !vhost->hub().has_place(target.room)) return Status::kTooManyRooms;
  if (!vhost->admit_from(PeerAddress(wsi))) return Status::kTooManyJoins;
  return Status::kOk;
}

const char* phrase(unsigned status) {
  switch (status) {
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    default: return "Service Unavailable";
  }
}

// lws_return_http_status() answers as HTTP/1.0 here, which strict clients call invalid.
void answer_http1(lws* wsi, const StatusRow& row) {
  std::string body = std::string(row.text) + "\n";
  std::string response = "HTTP/1.1 " + std::to_string(row.http_status) + " " + phrase(row.http_status) +
                         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size());
  if (row.http_status == 426) response += "\r\nSec-WebSocket-Version: 13";  // RFC 6455 section 4.4
  if (row.http_status == 503 || row.http_status == 429) response += "\r\nRetry-After: 5";
  response += "\r\nConnection: close\r\n\r\n" + body;
  response.insert(0, LWS_PRE, '\0');
  lws_write(wsi, reinterpret_cast<unsigned char*>(response.data()) + LWS_PRE, response.size() - LWS_PRE,
            LWS_WRITE_HTTP);
}

}  // namespace

Target requested(lws* wsi, const Options& options) {
  std::string path = request_path(wsi);
  if (!path.empty() && path == options.structured_path) return {true, {}};
  if (path == options.path) return {false, options.default_room};
  if (path.compare(0, options.path.size(), options.path) != 0 || options.path.back() != '/') return {};
  std::string room = path.substr(options.path.size());
  return {false, is_room_name(room) ? room : std::string()};
}

bool admit(lws* wsi, VhostState* vhost) {
  std::string detail;
  Status status = judge(wsi, vhost, detail);
  if (status == Status::kOk) return true;
  const StatusRow& row = describe(status);
  lwsl_notice("lws-chat: vhost %s: refused %s with %u: %s (%s)\n", lws_get_vhost_name(lws_get_vhost(wsi)),
              PeerAddress(wsi).text().c_str(), row.http_status, std::string(row.text).c_str(),
              printable(detail).c_str());
  if (vhost && vhost->serves()) ++vhost->hub().counters().of(status);
  if (lws_get_network_wsi(wsi) == wsi)
    answer_http1(wsi, row);
  else
    lws_return_http_status(wsi, row.http_status, std::string(row.text).c_str());
  return false;
}

}  // namespace lws_chat
