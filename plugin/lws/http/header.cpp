#include "lws/http/header.h"

#include <algorithm>

#include "wire/field.h"

namespace lws_chat {
namespace {

// Returns the text that `copy` puts into a buffer. lws wants the buffer a byte larger than the `length` of the text.
template <typename Copy>
std::string copied(int length, Copy&& copy) {
  if (length <= 0) return {};
  std::string value(static_cast<size_t>(length) + 1, '\0');
  int size = copy(value.data(), length + 1);
  value.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return value;
}

std::string raw(lws* wsi, lws_token_indexes token) {
  return copied(lws_hdr_total_length(wsi, token),
                [&](char* to, int room) { return lws_hdr_copy(wsi, to, room, token); });
}

// The target of the request. lws has a token for the path of each method. It makes one slash of several:
// "ws://host/path" has become "ws:/host/path".
std::string target(lws* wsi) {
  std::string value = raw(wsi, WSI_TOKEN_GET_URI);
  return value.empty() ? raw(wsi, WSI_TOKEN_HTTP_COLON_PATH) : value;
}

// Start of the host in a target that names one; else npos.
size_t host_in(std::string_view target) {
  size_t colon = target.find(":/");
  return colon == std::string_view::npos || target.front() == '/' ? std::string_view::npos : colon + 2;
}

}  // namespace

std::string header(lws* wsi, lws_token_indexes token) { return std::string(trimmed(raw(wsi, token))); }

std::string target_path(lws* wsi) {
  std::string value = target(wsi);
  size_t host = host_in(value);
  if (host == std::string::npos) return value;
  size_t path = value.find('/', host);
  return path == std::string::npos ? "/" : value.substr(path);
}

std::string target_host(lws* wsi) {
  std::string value = target(wsi);
  size_t host = host_in(value);
  if (host == std::string::npos) return either_header(wsi, WSI_TOKEN_HOST, WSI_TOKEN_HTTP_COLON_AUTHORITY);
  return value.substr(host, std::min(value.find('/', host), value.size()) - host);
}

std::string either_header(lws* wsi, lws_token_indexes h1, lws_token_indexes h2) {
  std::string value = header(wsi, h1);
  return value.empty() ? header(wsi, h2) : value;
}

std::string fragment(lws* wsi, lws_token_indexes token, int number) {
  return copied(lws_hdr_fragment_length(wsi, token, number),
                [&](char* to, int room) { return lws_hdr_copy_fragment(wsi, to, room, token, number); });
}

// lws copies a part that is there, even if it is empty.
bool has_fragment(lws* wsi, lws_token_indexes token, int number) {
  char nothing = '\0';
  return lws_hdr_fragment_length(wsi, token, number) > 0 || lws_hdr_copy_fragment(wsi, &nothing, 1, token, number) == 0;
}

std::string argument(lws* wsi, std::string_view name) {
  for (int i = 0; has_fragment(wsi, WSI_TOKEN_HTTP_URI_ARGS, i); ++i) {
    std::string said = fragment(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
    if (said.compare(0, name.size(), name) == 0 && said.size() > name.size() && said[name.size()] == '=')
      return said.substr(name.size() + 1);
  }
  return {};
}

std::string custom_header(lws* wsi, std::string_view name) {
  int size = static_cast<int>(name.size());
  std::string value = copied(lws_hdr_custom_length(wsi, name.data(), size),
                             [&](char* to, int room) { return lws_hdr_custom_copy(wsi, to, room, name.data(), size); });
  return std::string(trimmed(value));
}

bool was_forwarded(lws* wsi) {
  bool forwarded = lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) > 0;
#if defined(LWS_WITH_HTTP_UNCOMMON_HEADERS) || defined(LWS_HTTP_HEADERS_ALL)
  forwarded = forwarded || lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_X_REAL_IP) > 0;
#else
  forwarded = forwarded || !custom_header(wsi, "x-real-ip:").empty();
#endif
#if defined(LWS_WITH_HTTP_UNCOMMON_HEADERS) || defined(LWS_ROLE_H2) || defined(LWS_HTTP_HEADERS_ALL)
  forwarded = forwarded || lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_VIA) > 0;
#else
  forwarded = forwarded || !custom_header(wsi, "via:").empty();
#endif
  for (const char* name : {"forwarded:", "x-forwarded-proto:", "x-forwarded-host:"})
    forwarded = forwarded || !custom_header(wsi, name).empty();
  return forwarded;
}

bool add_header(lws* wsi, const char* name, std::string_view value, unsigned char** at, unsigned char* end) {
  return lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>(name),
                                     reinterpret_cast<const unsigned char*>(value.data()),
                                     static_cast<int>(value.size()), at, end) == 0;
}

}  // namespace lws_chat
