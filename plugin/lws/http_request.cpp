#include "lws/http_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/utf8.h"
#include "dialect/json.h"
#include "lws/header.h"
#include "lws/peer_address.h"
#include "lws/vhost.h"

namespace lws_chat {
namespace {

constexpr std::string_view kPublish = "pub/";

// How long a client may pause in its request, which has to be less than lws's own 5 s, to be told; and how long the
// request may take, be it that it was answered before all of it had come.
constexpr Time kPause = 4 * LWS_US_PER_SEC;
constexpr Time kDuration = 30 * LWS_US_PER_SEC;

Time now() { return static_cast<Time>(lws_now_usecs()); }

std::string_view without_slash(std::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return path;
}

HttpAnswer refusal(unsigned status, std::string_view why) {
  std::string body = "{\"error\":{\"code\":" + std::to_string(status) + ",\"message\":";
  append_quoted(body, why);
  return {status, body + "}}\n"};
}

// HTTP/2 has it in a header, HTTP/1.1 in which header the path is.
bool is_post(lws* wsi) {
  std::string method = header(wsi, WSI_TOKEN_HTTP_COLON_METHOD);
  return method.empty() ? lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0 : method == "POST";
}

std::string api_key(lws* wsi) {
  constexpr std::string_view kScheme = "apikey ";
  std::string key = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
  if (key.compare(0, kScheme.size(), kScheme) == 0) return key.substr(kScheme.size());
  return custom_header(wsi, "x-api-key:");
}

HttpAnswer too_large(uint64_t most) {
  return refusal(413, "the message is larger than max-message, " + std::to_string(most) + " bytes");
}

// How many bytes the body will have, as the client says. Returns false if it says nonsense, as two numbers.
bool read_length(lws* wsi, uint64_t& length) {
  std::string text = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return text.empty() || (error == std::errc() && stop == text.data() + text.size());
}

}  // namespace

bool HttpRequest::is_for(std::string_view path) {
  return without_slash(path).compare(0, kPublish.size(), kPublish) == 0;
}

HttpRequest::HttpRequest(lws* wsi, VhostState* vhost, std::string_view path)
    : wsi_(wsi), vhost_(vhost), room_(without_slash(path).substr(kPublish.size())) {}

// What can be said against it before its body has come; status 200: nothing.
HttpAnswer HttpRequest::judge() const {
  if (!vhost_ || !vhost_->serves() || vhost_->api_keys().empty()) return refusal(404, "not found");
  if (!is_post(wsi_)) {
    HttpAnswer answer = refusal(405, "only POST publishes");
    answer.allow = "POST";
    return answer;
  }
  std::string key = api_key(wsi_);
  if (key.empty()) return refusal(401, "no key, expected \"Authorization: apikey KEY\"");
  if (!vhost_->api_keys().has(key)) return refusal(403, "wrong key");
  if (!is_room_name(room_))
    return refusal(400, "no room name, expected 1 to 255 bytes of UTF-8 without / and control characters");
  std::string type = header(wsi_, WSI_TOKEN_HTTP_CONTENT_TYPE);
  if (type.compare(0, 10, "multipart/") == 0) return refusal(415, "the body has to be the message itself");
  uint64_t length = 0;
  if (!read_length(wsi_, length)) return refusal(400, "impossible content-length");
  bool chunked = lws_hdr_total_length(wsi_, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
  if (chunked || (over_http1() && lws_hdr_total_length(wsi_, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0))
    return refusal(411, "the body needs a content-length");
  uint64_t most = vhost_->options().max_message;
  if (length > most) return too_large(most);
  return {};
}

int HttpRequest::begin() {
  deadline_ = now() + kDuration;
  wait();
  complete_ = !is_post(wsi_) && lws_hdr_total_length(wsi_, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0;
  HttpAnswer verdict = judge();
  if (verdict.status == 200) return 0;
  // Of a body without a length nobody knows where it ends.
  end_now_ = verdict.status == 411 || verdict.status == 400;
  return answer(verdict);
}

void HttpRequest::wait() { lws_set_timer_usecs(wsi_, std::clamp<Time>(deadline_ - now(), 1, kPause)); }

int HttpRequest::body(std::string_view piece) {
  if (answered_) return 0;
  wait();
  uint64_t most = vhost_->options().max_message;
  if (body_.size() + piece.size() > most) return answer(too_large(most));
  body_.append(piece);
  return 0;
}

int HttpRequest::body_complete() {
  complete_ = true;
  return answered_ ? 0 : answer(publish());
}

HttpAnswer HttpRequest::publish() {
  if (vhost_->draining()) return refusal(503, "the server is shutting down");
  if (!is_utf8(body_)) return refusal(400, "the message is not valid UTF-8");
  Hub& hub = vhost_->hub();
  if (hub.publish_to(room_, {body_}, now()) != Status::kOk) {
    ++hub.counters().of(Status::kTooManyRooms);
    return refusal(503, "too many rooms");
  }
  vhost_->shared_hub().schedule_flush();
  const Room* room = hub.find(room_);
  std::string json = "{\"result\":{\"room\":";
  append_quoted(json, room_);
  if (room && room->settings().history.messages > 0)
    json += ",\"epoch\":\"" + room->epoch() + "\",\"offset\":" + std::to_string(room->history().top());
  json += ",\"clients\":" + std::to_string(room ? room->members().size() : 0) + "}}\n";
  return {200, json};
}

int HttpRequest::answer(const HttpAnswer& answer) {
  answered_ = true;
  if (answer.status != 200)
    lwsl_notice("lws-chat: vhost %s: %s: POST refused with %u: %s", lws_get_vhost_name(lws_get_vhost(wsi_)),
                PeerAddress(wsi_).text().c_str(), answer.status, answer.body.c_str());
  std::array<unsigned char, LWS_PRE + 1024> buffer;
  unsigned char* begin = buffer.data() + LWS_PRE;
  unsigned char* at = begin;
  unsigned char* end = buffer.data() + buffer.size();
  auto add = [&](const char* name, const std::string& value) {
    return lws_add_http_header_by_name(wsi_, reinterpret_cast<const unsigned char*>(name),
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), &at, end);
  };
  if (lws_add_http_common_headers(wsi_, answer.status, "application/json", answer.body.size(), &at, end)) return -1;
  if (add("cache-control:", "no-store")) return -1;
  if (over_http1() && add("connection:", "close")) return -1;
  if (answer.status == 401 && add("www-authenticate:", "apikey")) return -1;
  if (!answer.allow.empty() && add("allow:", answer.allow)) return -1;
  if (lws_finalize_write_http_header(wsi_, begin, &at, end)) return -1;
  reply_ = std::string(LWS_PRE, '\0') + answer.body;
  // At once, because lws may have more in hand that it has read behind this request.
  if (over_http1()) return writeable();
  lws_callback_on_writable(wsi_);
  return 0;
}

int HttpRequest::writeable() {
  if (!answered_ || sent_) return 0;
  sent_ = true;
  auto* bytes = reinterpret_cast<unsigned char*>(reply_.data()) + LWS_PRE;
  if (lws_write(wsi_, bytes, reply_.size() - LWS_PRE, LWS_WRITE_HTTP_FINAL) < 0 || end_now_) return -1;
  return 0;
}

int HttpRequest::timeout() {
  if (answered_) return -1;
  end_now_ = true;
  return answer(refusal(408, "the request took too long"));
}

}  // namespace lws_chat
