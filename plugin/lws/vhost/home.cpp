#include "lws/vhost/home.h"

#include <array>
#include <string>

#include "lws/http/header.h"
#include "lws/http/http_date.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

// The answer of lws does not say that the connection ends with it.
int answer_over_http1(lws* wsi, const std::string& location) {
  std::array<unsigned char, LWS_PRE + 2048> buffer;
  unsigned char* begin = buffer.data() + LWS_PRE;
  unsigned char* at = begin;
  unsigned char* end = buffer.data() + buffer.size();
  unsigned status = location.empty() ? HTTP_STATUS_NOT_FOUND : HTTP_STATUS_FOUND;
  if (lws_add_http_common_headers(wsi, status, "text/html", 0, &at, end)) return -1;
  if (!add_header(wsi, "date:", http_date(), &at, end)) return -1;
  if (!location.empty() && !add_header(wsi, "location:", location, &at, end)) return -1;
  if (!add_header(wsi, "connection:", "close", &at, end)) return -1;
  return lws_finalize_write_http_header(wsi, begin, &at, end);
}

int answer_over_http2(lws* wsi, const std::string& location) {
  if (location.empty()) return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, nullptr);
  std::array<unsigned char, LWS_PRE + 2048> buffer;
  unsigned char* at = buffer.data() + LWS_PRE;
  return lws_http_redirect(wsi, HTTP_STATUS_FOUND, reinterpret_cast<const unsigned char*>(location.data()),
                           static_cast<int>(location.size()), &at, buffer.data() + buffer.size());
}

}  // namespace

int serve_http(lws* wsi, VhostState* vhost, const char* path, size_t size) {
  bool root = size == 0 || (size == 1 && path[0] == '/');
  std::string location = root && vhost ? vhost->options().home : "";
  static_cast<void>(over_http2(wsi) ? answer_over_http2(wsi, location) : answer_over_http1(wsi, location));
  // Ends the connection: with a body, or with another request that lws has read already, lws would never leave its
  // loop.
  return -1;
}

}  // namespace lws_chat
