#include "lws/http/http_body.h"

#include <algorithm>
#include <array>

#include "lws/http/header.h"

namespace lws_chat {
namespace {

// Only HTTP/2 has windows.
size_t window(lws* wsi) {
  if (!over_http2(wsi)) return kMaxPiece;
  return static_cast<size_t>(std::max<lws_fileofs_t>(lws_get_peer_write_allowance(wsi), 0));
}

}  // namespace

bool window_open(lws* wsi) { return window(wsi) > 0; }

int write_piece(lws* wsi, std::string_view left, bool ends) {
  std::array<unsigned char, LWS_PRE + kMaxPiece> buffer;
  size_t size = std::min({left.size(), kMaxPiece, window(wsi)});
  if (size == 0) return 0;
  std::copy_n(left.begin(), size, buffer.begin() + LWS_PRE);
  auto kind = ends && size == left.size() ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
  return lws_write(wsi, buffer.data() + LWS_PRE, size, kind) < 0 ? -1 : static_cast<int>(size);
}

}  // namespace lws_chat
