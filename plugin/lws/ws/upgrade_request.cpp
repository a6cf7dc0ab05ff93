#include "lws/ws/upgrade_request.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "lws/http/header.h"
#include "lws/ws/compression.h"
#include "wire/compression_offer.h"

namespace lws_chat {
namespace {

// lws reads the lists of Connection and Sec-WebSocket-Protocol from buffers of 127 bytes.
constexpr size_t kListBytes = 127;
using ListBuffer = std::array<char, kListBytes + 1>;

// A function has this name, too.
using Words = struct lws_tokenize;

// lws looks for extensions in the first 255 bytes only, and ends the connection if there are more.
constexpr size_t kExtensionsBytes = 254;

// lws copies the field into the buffer in which it writes the answer, before the answer: at 400 bytes from 4.1 to 5.0.
constexpr size_t kCopiedBytes = 383;

Words words_of(const ListBuffer& list, int size) {
  Words words;
  lws_tokenize_init(&words, list.data(),
                    LWS_TOKENIZE_F_COMMA_SEP_LIST | LWS_TOKENIZE_F_DOT_NONTERM | LWS_TOKENIZE_F_RFC7230_DELIMS |
                        LWS_TOKENIZE_F_MINUS_NONTERM);
  words.len = static_cast<decltype(words.len)>(size);
  return words;
}

std::string_view word(const Words& words) { return {words.token, words.token_len}; }

// Takes the same steps as lws later, with the same functions, so that both come to the same result.
std::string connection_fault(lws* wsi) {
  ListBuffer list;
  int size = lws_hdr_copy(wsi, list.data(), kListBytes, WSI_TOKEN_CONNECTION);
  if (size < 0) return "the Connection field is too long";
  Words words = words_of(list, size);
  for (lws_tokenize_elem found = LWS_TOKZE_DELIMITER; found > 0;) {
    found = lws_tokenize(&words);
    if (found == LWS_TOKZE_TOKEN && strncasecmp(words.token, "upgrade", words.token_len) == 0) return "";
    if (found != LWS_TOKZE_TOKEN && found != LWS_TOKZE_DELIMITER) break;
  }
  return "the Connection field does not say Upgrade";
}

bool protobuf_asked(std::string_view list) { return list.find("centrifuge-protobuf") != std::string_view::npos; }

UpgradeFault subprotocol_fault(lws* wsi) {
  ListBuffer list;
  int size = lws_hdr_copy(wsi, list.data(), kListBytes, WSI_TOKEN_PROTOCOL);
  if (size < 0) {
    std::string why = "the list of subprotocols is longer than 126 bytes";
    if (header(wsi, WSI_TOKEN_PROTOCOL).find("token.") != std::string::npos)
      why += ", so it cannot hold a token: use a cookie (token-cookie) or ?token=";
    return {Status::kBadUpgrade, why};
  }
  if (size == 0) return {};
  Words words = words_of(list, size);
  for (;;) {
    lws_tokenize_elem found = lws_tokenize(&words);
    if (found == LWS_TOKZE_ENDED) break;
    if (found != LWS_TOKZE_TOKEN && found != LWS_TOKZE_DELIMITER)
      return {Status::kBadUpgrade, "Sec-WebSocket-Protocol is not a list of names"};
    if (found == LWS_TOKZE_DELIMITER) continue;
    std::string name(word(words));
    // lws copies the name to a buffer of 64 bytes.
    if (name.size() > 63) return {Status::kBadUpgrade, "the name of a subprotocol is longer than 63 bytes"};
    // lws has a protocol of this name for files. It would take WebSockets past our checks.
    if (name == "http-only") continue;
    if (lws_vhost_name_to_protocol(lws_get_vhost(wsi), name.c_str())) return {};
  }
  if (protobuf_asked({list.data(), static_cast<size_t>(size)}))
    return {Status::kProtobuf, std::string(describe(Status::kProtobuf).text)};
  return {Status::kOtherSubprotocol, std::string(describe(Status::kOtherSubprotocol).text)};
}

// RFC 6455 section 4.2.1: 16 bytes in base64. The blanks stay: lws makes its answer from all of the field.
bool is_key(std::string_view key) {
  auto is_base64 = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; };
  return key.size() == 24 && key.substr(22) == "==" && std::all_of(key.begin(), key.begin() + 22, is_base64);
}

std::string key_fault(lws* wsi) {
  std::array<char, 64> key;
  int size = lws_hdr_copy(wsi, key.data(), static_cast<int>(key.size()), WSI_TOKEN_KEY);
  if (size == 0) return "there is no Sec-WebSocket-Key";
  if (size < 0 || !is_key({key.data(), static_cast<size_t>(size)}))
    return "Sec-WebSocket-Key is not 16 bytes in base64";
  return "";
}

bool extensions_are_too_long(lws* wsi, VhostState* vhost) {
  std::string extensions = header(wsi, WSI_TOKEN_EXTENSIONS);
  if (extensions.size() <= kExtensionsBytes) return false;
  if (extensions.size() > kCopiedBytes) return true;
  return !may_compress(wsi, vhost) || end_of_reading(extensions) > kExtensionsBytes;
}

}  // namespace

UpgradeFault find_upgrade_fault(lws* wsi, VhostState* vhost) {
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0) return {Status::kBadUpgrade, "there is no Host"};
  for (const std::string& fault : {connection_fault(wsi), key_fault(wsi)})
    if (!fault.empty()) return {Status::kBadUpgrade, fault};
  if (extensions_are_too_long(wsi, vhost))
    return {Status::kBadUpgrade, "Sec-WebSocket-Extensions is too long, offer fewer: 254 bytes can be read"};
  return subprotocol_fault(wsi);
}

}  // namespace lws_chat
