#include "jwt/token.h"

#include <algorithm>
#include <optional>

#include "jwt/json_object.h"
#include "wire/base64.h"

namespace lws_chat {
namespace {

std::string read_header(std::string_view json, Token& token) {
  JsonObject header;
  std::string problem = header.read(json);
  if (!problem.empty()) return "its header " + problem;
  std::string name;
  if (!header.find("alg") || !header.read_text("alg", name)) return "its header has no alg";
  token.algorithm = find_algorithm(name);
  if (!token.algorithm) return name == "none" ? "it is not signed: its alg is none" : "its alg is not supported";
  // An extension that we do not know may change what the token means, so it must be refused: RFC 7515 section 4.1.11.
  if (header.find("crit")) return "its header has crit, and no extension is supported";
  if (!header.read_text("kid", token.key_id)) return "its kid is not a text";
  return "";
}

}  // namespace

std::string read_token(std::string_view text, Token& token) {
  if (text.size() > kLargestToken)
    return "it has " + std::to_string(text.size()) + " bytes, at most " + std::to_string(kLargestToken) +
           " are accepted";
  auto dots = std::count(text.begin(), text.end(), '.');
  if (dots != 2) return "it has " + std::to_string(dots + 1) + " parts between dots, expected 3";
  size_t first = text.find('.');
  size_t second = text.find('.', first + 1);
  std::optional<std::string> header = decode_base64url(text.substr(0, first));
  std::optional<std::string> payload = decode_base64url(text.substr(first + 1, second - first - 1));
  std::optional<std::string> signature = decode_base64url(text.substr(second + 1));
  if (!header || !payload || !signature) return "a part of it is not base64url";
  token.payload = std::move(*payload);
  token.signature = std::move(*signature);
  token.signed_text = text.substr(0, second);
  return read_header(*header, token);
}

}  // namespace lws_chat
