#include "lws/ws/handshake.h"

#include <string>
#include <vector>

#include "core/room/room.h"
#include "lws/http/header.h"
#include "lws/http/http_date.h"
#include "lws/vhost/admission.h"
#include "lws/vhost/vhost.h"
#include "lws/vhost/vhost_slot.h"
#include "lws/ws/upgrade_request.h"

namespace lws_chat {
namespace {

Status judge(lws* wsi, VhostState* vhost, std::string& detail) {
  std::vector<std::string> rooms;
  detail = target_path(wsi);
  if (vhost && vhost->serves()) {
    Target target = requested(wsi, vhost->options());
    if (!target.structured && target.room.empty()) return Status::kNotFound;
    if (!target.structured && asks_for_protobuf(wsi)) {
      detail = "the rooms of this path are not for Centrifuge's SDKs";
      return Status::kOtherSubprotocol;
    }
    if (!target.structured) rooms.push_back(target.room);
    if (!vhost->options().is_default && lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) == 0) {
      detail = "no subprotocol asked for, and lws-chat is not the vhost's default";
      return Status::kNotFound;
    }
    // lws takes any version for 13.
    std::string version = header(wsi, WSI_TOKEN_VERSION);
    if (version != "13") {
      detail = version;
      return Status::kOtherVersion;
    }
  }
  return judge_client(wsi, vhost, rooms, detail);
}

const char* phrase(unsigned status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 421: return "Misdirected Request";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    default: return "Service Unavailable";
  }
}

// lws_return_http_status() would answer as HTTP/1.0, which strict clients call invalid.
void answer_http1(lws* wsi, const StatusRow& row, std::string_view why = {}) {
  std::string body = std::string(row.text);
  if (!why.empty() && why != row.text) body.append(": ").append(why);
  body += '\n';
  std::string response = "HTTP/1.1 " + std::to_string(row.http_status) + " " + phrase(row.http_status) +
                         "\r\nDate: " + http_date() +
                         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size());
  if (row.http_status == 405) response += "\r\nAllow: GET, HEAD, POST, OPTIONS";
  if (row.http_status == 426) response += "\r\nSec-WebSocket-Version: 13";  // RFC 6455 section 4.4
  if (row.http_status == 503 || row.http_status == 429) response += "\r\nRetry-After: 5";
  response += "\r\nConnection: close\r\n\r\n" + body;
  response.insert(0, LWS_PRE, '\0');
  lws_write(wsi, reinterpret_cast<unsigned char*>(response.data()) + LWS_PRE, response.size() - LWS_PRE,
            LWS_WRITE_HTTP);
}

}  // namespace

Target requested(lws* wsi, const Options& options) {
  std::string path = target_path(wsi);
  if (!path.empty() && path == options.structured_path) {
    bool protobuf = asks_for_protobuf(wsi) || argument(wsi, "cf_protocol") == "protobuf";
    return {true, protobuf ? Encoding::kProtobuf : Encoding::kJson, {}};
  }
  if (path == options.path) return {false, Encoding::kJson, options.default_room};
  if (path.compare(0, options.path.size(), options.path) != 0 || options.path.back() != '/') return {};
  std::string room = path.substr(options.path.size());
  return {false, Encoding::kJson, is_room_name(room) ? room : std::string()};
}

int judge_handshake(lws* wsi, VhostState* vhost) {
  UpgradeFault fault = find_upgrade_fault(wsi, vhost);
  if (fault.status == Status::kOk) return 0;
  note_refusal(wsi, vhost, fault.status, fault.why);
  answer_http1(wsi, describe(fault.status), fault.why);
  return -1;
}

// lws makes a raw connection of CONNECT, without a timeout, and has dropped the headers.
int refuse_raw(lws* wsi, VhostState* vhost) {
  note_refusal(wsi, vhost, Status::kBadMethod, "CONNECT, or no HTTP");
  answer_http1(wsi, describe(Status::kBadMethod));
  return -1;
}

bool admit(lws* wsi, VhostState* vhost) {
  std::string detail;
  Status status = judge(wsi, vhost, detail);
  if (status == Status::kOk) return true;
  note_refusal(wsi, vhost, status, detail);
  const StatusRow& row = describe(status);
  if (lws_get_network_wsi(wsi) == wsi)
    answer_http1(wsi, row);
  else
    lws_return_http_status(wsi, row.http_status, std::string(row.text).c_str());
  return false;
}

}  // namespace lws_chat
