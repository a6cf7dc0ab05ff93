#include "jwt/token.h"

#include "support/test_issuer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string problem_of(const std::string& text) {
  Token token;
  return read_token(text, token);
}

std::string with_header(const std::string& header) { return unit::signed_part(header, "{}") + ".c2ln"; }

}  // namespace

TEST(a_token_is_taken_apart) {
  Token token;
  std::string text = unit::signed_part(R"({"typ":"JWT","alg":"ES256","kid":"k1","jku":"https://evil.example/"})", "{}");
  std::string whole = text + ".c2ln";  // the token's parts are slices of it
  CHECK_EQ(read_token(whole, token), "");
  CHECK_EQ(token.algorithm->name, "ES256");
  CHECK_EQ(token.key_id, "k1");
  CHECK_EQ(token.payload, "{}");
  CHECK_EQ(token.signed_text, text);
  CHECK_EQ(token.signature, "sig");
}

TEST(any_type_is_accepted) {
  for (const char* type : {"\"JWT\"", "\"at+jwt\"", "\"anything\"", "5", "null"})
    CHECK_EQ(problem_of(with_header(std::string(R"({"alg":"HS256","typ":)") + type + "}")), "");
}

// RFC 7515 appendix A.5, RFC 7519 section 6.1.
TEST(a_token_without_a_signature_is_refused) {
  CHECK_EQ(
      problem_of("eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19"
                 "yb290Ijp0cnVlfQ."),
      "it is not signed: its alg is none");
  CHECK_EQ(problem_of(with_header(R"({"alg":"none"})")), "it is not signed: its alg is none");
  for (const char* alg :
       {"None", "NONE", "nOnE", "none ", "", "HS256 ", "hs256", "HS255", "A128KW", "ES256K", "\\u0000"})
    CHECK_EQ(problem_of(with_header(std::string(R"({"alg":")") + alg + "\"}")), "its alg is not supported");
}

TEST(a_header_that_is_not_understood_is_refused) {
  CHECK_EQ(problem_of(with_header("{}")), "its header has no alg");
  for (const char* alg : {"null", "5", "[\"HS256\"]", "{\"HS256\":1}", "true"})
    CHECK_EQ(problem_of(with_header(std::string("{\"alg\":") + alg + "}")), "its header has no alg");
  CHECK_EQ(problem_of(with_header(R"({"alg":"HS256","alg":"none"})")), "its header has a member twice");
  CHECK_EQ(problem_of(with_header(R"({"alg":"HS256","\u0061lg":"HS256"})")), "its header has a member twice");
  CHECK_EQ(problem_of(with_header(R"({"alg":"HS256","crit":["b64"],"b64":false})")),
           "its header has crit, and no extension is supported");
  CHECK_EQ(problem_of(with_header(R"({"alg":"HS256","crit":[]})")),
           "its header has crit, and no extension is supported");
  CHECK_EQ(problem_of(with_header(R"({"alg":"HS256","kid":7})")), "its kid is not a text");
  for (const char* header : {"", "[]", "\"HS256\"", "{\"alg\":\"HS256\"", "{\"alg\":\"HS256\"}{}"})
    CHECK_EQ(problem_of(with_header(header)), "its header is not a JSON object");
  CHECK_EQ(problem_of(with_header("{\"alg\":\"HS256\",\"kid\":\"\xff\"}")), "its header is not UTF-8");
  CHECK_EQ(problem_of(with_header("{\"alg\":\"HS256\",\"x\":" + std::string(100, '[') + std::string(100, ']') + "}")),
           "its header is not a JSON object");
}

TEST(a_text_that_is_not_exactly_a_token_is_refused) {
  std::string good = with_header(R"({"alg":"HS256"})");
  CHECK_EQ(problem_of(good), "");
  CHECK_EQ(problem_of(""), "it has 1 parts between dots, expected 3");
  CHECK_EQ(problem_of("a.b"), "it has 2 parts between dots, expected 3");
  CHECK_EQ(problem_of(good + "."), "it has 4 parts between dots, expected 3");
  CHECK_EQ(problem_of("." + good), "it has 4 parts between dots, expected 3");
  CHECK_EQ(problem_of(good + ".a.b"), "it has 5 parts between dots, expected 3");  // an encrypted token's
  for (const std::string& text : {good + " ", " " + good, good + "\n", "\t" + good, good + "=", good + "A==",
                                  "Bearer " + good, good + '\0', '"' + good + '"', good + "%3D", good + "\xc3\xa4"})
    CHECK_EQ(problem_of(text), "a part of it is not base64url");
  CHECK_EQ(problem_of(".."), "its header is not a JSON object");
}

TEST(a_token_over_the_limit_is_refused_before_it_is_read) {
  std::string header = R"({"alg":"HS256"})";
  CHECK_EQ(problem_of(unit::signed_part(header, std::string(12220, ' ')) + ".c2ln"), "");
  CHECK_EQ(problem_of(std::string(16385, '.')), "it has 16385 bytes, at most 16384 are accepted");
}
