#include "lws/home.h"

#include <array>
#include <string>

#include "lws/vhost.h"

namespace lws_chat {

int serve_http(lws* wsi, VhostState* vhost, const char* path, size_t size) {
  // lws 4.1 never comes out of its loop over a body that it was not waited for, when there is more behind it: such a
  // request ends its connection.
  bool with_body =
      lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 || lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
  if (with_body) return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, nullptr), -1;
  bool root = size == 0 || (size == 1 && path[0] == '/');
  if (root && vhost && !vhost->options().home.empty()) {
    const std::string& home = vhost->options().home;
    std::array<unsigned char, LWS_PRE + 2048> buffer;
    unsigned char* at = buffer.data() + LWS_PRE;
    if (lws_http_redirect(wsi, HTTP_STATUS_FOUND, reinterpret_cast<const unsigned char*>(home.data()),
                          static_cast<int>(home.size()), &at, buffer.data() + buffer.size()) < 0)
      return -1;
  } else if (lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, nullptr)) {
    return -1;
  }
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

}  // namespace lws_chat
