#include "lws/ws/compression.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "lws/callback.h"
#include "lws/http/header.h"
#include "lws/per_session.h"
#include "lws/vhost/vhost.h"
#include "wire/compression_offer.h"

namespace lws_chat {
namespace {

// lws was given our extension. In lwsws it has its own.
bool given = false;

#if !defined(LWS_WITHOUT_EXTENSIONS)
// lws adds to the answer what it finds here: nothing.
constexpr lws_ext_options kNoOptions[] = {{nullptr, EXTARG_NONE}};

// The host may have wrapped the callback, so the name tells.
bool is_ours(const lws_protocols& protocol) {
  return std::strcmp(protocol.name, LWS_CHAT_NAME) == 0 || std::strcmp(protocol.name, LWS_CHAT_PROTOBUF) == 0;
}

// 0 means for frames that they pass as they are. lws also activates the extension for other protocols that have not
// refused it, which cannot inflate.
int negotiate(lws_context*, const lws_extension*, lws* wsi, lws_extension_callback_reasons reason, void*, void* in,
              size_t) {
  if (reason != LWS_EXT_CB_CONSTRUCT) return 0;
  if (!is_ours(*lws_get_protocol(wsi))) return 1;
  *static_cast<const lws_ext_options**>(in) = kNoOptions;
  static_cast<PerSession*>(lws_wsi_user(wsi))->compresses = true;
  return 0;
}

constexpr lws_extension kExtensions[] = {{kCompressionName.data(), negotiate, nullptr}, {nullptr, nullptr, nullptr}};
#endif

// Safari 15 to 17 breaks messages that are compressed without context.
bool is_broken(std::string_view browser) {
  if (browser.find(" Safari/") == std::string_view::npos) return false;
  for (std::string_view version : {" Version/15.", " Version/16.", " Version/17."})
    if (browser.find(version) != std::string_view::npos) return true;
  return false;
}

}  // namespace

const lws_extension* compression_extensions() {
#if !defined(LWS_WITHOUT_EXTENSIONS)
  given = true;
  return kExtensions;
#else
  return nullptr;
#endif
}

bool may_compress(lws* wsi, VhostState* vhost) {
  if (!given || !vhost || !vhost->serves() || !vhost->options().compression) return false;
  return !accept_compression(header(wsi, WSI_TOKEN_EXTENSIONS)).empty() &&
         !is_broken(header(wsi, WSI_TOKEN_HTTP_USER_AGENT));
}

// lws has written the field with the extension's name at last, and its end.
bool add_parameters(lws* wsi, lws_process_html_args& answer) {
  std::string written = std::string(kCompressionName) + "\r\n";
  std::string parameters = accept_compression(header(wsi, WSI_TOKEN_EXTENSIONS)) + "\r\n";
  char* at = answer.p - 2;
  bool expected = std::string_view(answer.p - written.size(), written.size()) == written;
  if (!expected || parameters.size() > static_cast<size_t>(answer.max_len)) return false;
  answer.p = std::copy(parameters.begin(), parameters.end(), at);
  return true;
}

}  // namespace lws_chat
