#include "jwt/secret.h"

#include <algorithm>

namespace lws_chat {
namespace {

constexpr char kMakeOne[] = " ('openssl rand -hex 32' prints a secret)";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string secret_length_problem(size_t bytes) {
  if (bytes >= kShortestSecret && bytes <= kLongestSecret) return "";
  return "is a secret of " + std::to_string(bytes) + " bytes, expected at least " + std::to_string(kGoodSecret) +
         (bytes > kLongestSecret ? " and at most " + std::to_string(kLongestSecret) : "") + kMakeOne;
}

std::string read_secret(std::string_view text, std::string& secret) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  // With a public key as the secret, everybody could sign.
  if (text.find("-----BEGIN ") != std::string_view::npos)
    return "holds a key or certificate in PEM, not a secret: name it in token-public-key-file";
  if (text.find("\"kty\"") != std::string_view::npos)
    return "holds a JSON Web Key, not a secret: name it in token-jwks-file";
  if (text.empty()) return std::string("is empty, expected a secret on one line") + kMakeOne;
  if (std::any_of(text.begin(), text.end(), is_control) || is_blank(text.front()) || is_blank(text.back()))
    return std::string("is not one line of text without blanks around it, expected a secret") + kMakeOne;
  std::string problem = secret_length_problem(text.size());
  if (problem.empty()) secret = text;
  return problem;
}

}  // namespace lws_chat
