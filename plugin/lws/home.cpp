#include "lws/home.h"

#include <array>
#include <string>

#include "lws/vhost.h"

namespace lws_chat {

int serve_http(lws* wsi, VhostState* vhost, const char* path, size_t size) {
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
  // Not another one on the same connection: with a body, or with another request behind this one that lws has read
  // already, it never comes out of its loop again.
  return -1;
}

}  // namespace lws_chat
