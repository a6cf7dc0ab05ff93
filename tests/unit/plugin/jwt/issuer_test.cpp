#include "jwt/issuer.h"

#include "support/test_issuer.h"
#include "support/unit.h"
#include "wire/base64.h"

using namespace lws_chat;

namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

}  // namespace

TEST(a_token_says_what_was_asked_for_and_is_signed_with_hs256) {
  TokenRequest request;
  request.user = "Zo\"e";
  request.room = "$a";
  request.audience = "aud";
  request.issuer = "iss";
  request.id = "id";
  request.issued_at = 1000;
  request.expires_at = 2000;
  std::string payload = R"({"sub":"Zo\"e","channel":"$a","aud":"aud","iss":"iss","jti":"id","iat":1000,"exp":2000})";
  CHECK_EQ(issue_token(request, kSecret), unit::hmac_token(kSecret, payload, R"({"alg":"HS256","typ":"JWT"})"));
}

TEST(what_was_not_asked_for_is_left_out) {
  CHECK_EQ(issue_token({}, kSecret), unit::hmac_token(kSecret, R"({"sub":""})", R"({"alg":"HS256","typ":"JWT"})"));
}
