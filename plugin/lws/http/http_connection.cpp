#include "lws/http/http_connection.h"

#include <array>

#include "lws/http/header.h"
#include "lws/http/http_resource.h"
#include "wire/field.h"

namespace lws_chat {
namespace {

// Tells lws to end the connection with the answer. lws has no call for that. But it does so when it makes the headers
// of an answer of unknown length; these are not sent. Returns false if it has no place for them.
[[nodiscard]] bool end_with_answer(lws* wsi) {
  std::array<unsigned char, LWS_PRE + 8192> unsent;
  unsigned char* at = unsent.data() + LWS_PRE;
  return lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "application/octet-stream", LWS_ILLEGAL_HTTP_CONTENT_LEN, &at,
                                     unsent.data() + unsent.size()) == 0;
}

// After a request lws keeps its table of headers only if it has something to fill it with. Without a table this call
// writes nothing.
bool has_read_ahead(lws* wsi) {
  char mark = 'x';
  static_cast<void>(lws_hdr_custom_copy(wsi, &mark, 1, ":", 1));
  return mark == '\0';
}

}  // namespace

int HttpConnections::begun(lws* wsi) {
  if (over_http2(wsi)) return 0;
  Open announced{is_post(wsi), Place::kFirst};
  auto [open, fresh] = open_.emplace(wsi, announced);
  if (!fresh) open->second = {announced.is_post, Place::kBehind};
  return lets_another_follow(wsi) || end_with_answer(wsi) ? 0 : -1;
}

int HttpConnections::answered(lws* wsi) {
  bool http1 = !over_http2(wsi);
  open_.erase(wsi);
  if (lws_http_transaction_completed(wsi)) return -1;
  if (!http1) return 0;
  // lws can answer the next request with a redirection before it has read whether that request lets another one follow.
  // It then uses the setting that this request leaves. So this request leaves the setting that the connection ends.
  return end_with_answer(wsi) && !has_read_ahead(wsi) ? 0 : -1;
}

// If a request other than a POST is open, this one was not announced.
HttpConnections::Place HttpConnections::place_of_post(lws* wsi) const {
  auto open = open_.find(wsi);
  if (open == open_.end()) return Place::kUnknown;
  return open->second.is_post ? open->second.place : Place::kBehind;
}

// lws knows Connection only as a single word without blanks around it. It does not tell a client of HTTP/1.0 that the
// connection stays, and the client waits for its end.
bool lets_another_follow(lws* wsi) {
  if (header(wsi, WSI_TOKEN_HTTP) != "HTTP/1.1" || has_token(header(wsi, WSI_TOKEN_CONNECTION), "close")) return false;
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) return false;
  uint64_t length = 0;
  std::string said = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  return said.empty() || read_content_length(said, length);
}

}  // namespace lws_chat
