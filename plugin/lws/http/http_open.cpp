#include "lws/http/http_open.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/room/room.h"
#include "lws/http/caller.h"
#include "lws/http/event_stream.h"
#include "lws/http/header.h"
#include "lws/http/http_request.h"
#include "lws/http/stream_entrance.h"
#include "lws/http/structured_entrance.h"
#include "lws/vhost/admission.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

constexpr std::string_view kEvents = "sse/";
constexpr std::string_view kRoom = "room=";
constexpr std::string_view kLastEventId = "last-event-id=";

// lws gives the arguments of the query one by one, with %xx and + decoded.
StreamWish read_wish(lws* wsi, std::string_view room) {
  StreamWish wish;
  if (!room.empty()) wish.rooms.emplace_back(room);
  for (int i = 0; has_fragment(wsi, WSI_TOKEN_HTTP_URI_ARGS, i); ++i) {
    std::string argument = fragment(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
    if (argument.compare(0, kRoom.size(), kRoom) == 0) {
      std::string name = argument.substr(kRoom.size());
      if (std::find(wish.rooms.begin(), wish.rooms.end(), name) == wish.rooms.end()) wish.rooms.push_back(name);
    } else if (argument.compare(0, kLastEventId.size(), kLastEventId) == 0) {
      wish.last_event_id = argument.substr(kLastEventId.size());
    }
  }
  // A browser that comes back sends the header. lws gives such fields over HTTP/1.1 only.
  std::string said = custom_header(wsi, "last-event-id:");
  if (!said.empty()) wish.last_event_id = said;
  return wish;
}

HttpExchange* open_event_stream(lws* wsi, VhostState* vhost, std::string_view room) {
  auto answer_with = [&](HttpAnswer answer) { return new HttpRequest(wsi, vhost, std::move(answer)); };
  if (!vhost || !vhost->options().enabled) return answer_with(refusal(404, "not found"));
  std::string origin = header(wsi, WSI_TOKEN_ORIGIN);
  bool tls = lws_is_ssl(lws_get_network_wsi(wsi));
  bool credentials = vhost->options().allowed_origins.allow_credentials(origin, target_host(wsi), tls);
  if (!is_get(wsi) && !is_head(wsi)) {
    HttpAnswer answer = is_options(wsi) ? HttpAnswer{204, ""} : refusal(405, "only GET is possible here");
    answer.allow = "GET, HEAD";
    // A page that may not read learns it from the GET.
    if (is_options(wsi)) answer.page = {origin, credentials};
    return answer_with(std::move(answer));
  }
  // lws spins while an answer is under way and bytes follow the body.
  std::string length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  if (!length.empty() && length != "0") return answer_with(refusal(400, "a request for a stream has no body"));
  StreamWish wish = read_wish(wsi, room);
  size_t most = std::min<size_t>(EventStream::kMaxRooms, vhost->options().max_subscriptions);
  if (wish.rooms.empty()) return answer_with(refusal(400, "no room, expected /sse/ROOM or /sse/?room=ROOM&room=ROOM"));
  if (wish.rooms.size() > most)
    return answer_with(refusal(400, "one stream may have " + std::to_string(most) + " rooms"));
  for (const std::string& name : wish.rooms)
    if (!is_room_name(name)) return answer_with(refusal(400, "no room name, expected " + std::string(kRoomNames)));
  std::string detail;
  Status status = judge_client(wsi, vhost, wish.rooms, detail);
  if (status != Status::kOk) return answer_with(noted_refusal(wsi, vhost, status, detail));
  wish.page = {std::move(origin), credentials};
  return StreamEntrance::open(wsi, *vhost, std::move(wish));
}

}  // namespace

HttpExchange* open_exchange(lws* wsi, VhostState* vhost, std::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (path.compare(0, kEvents.size(), kEvents) == 0 || path == "sse")
    return open_event_stream(wsi, vhost, path.substr(std::min(path.size(), kEvents.size())));
  if (path == kStructuredEvents && is_get(wsi)) return open_structured_events(wsi, vhost);
  std::string_view rest;
  const HttpResource* resource = find_resource(path, rest);
  std::string host;
  if (resource && vhost && !asked_for_us(wsi, *vhost, host))
    return new HttpRequest(wsi, vhost, noted_refusal(wsi, vhost, Status::kForeignHost, host));
  if (resource) return new HttpRequest(wsi, vhost, *resource, rest);
  // lws 4.3 drops the connection of a POST over HTTP/2 that ends within the callback, and with it the answer.
  return over_http2(wsi) && is_post(wsi) ? new HttpRequest(wsi, vhost, refusal(404, "not found")) : nullptr;
}

}  // namespace lws_chat
