#include "jwt/key.h"

#include <openssl/err.h>

#include "jwt/jwk.h"
#include "support/test_issuer.h"
#include "support/unit.h"
#include "wire/base64.h"

using namespace lws_chat;

namespace {

Key key_of(const std::string& jwk) {
  JsonObject object;
  CHECK_EQ(object.read(jwk), "");
  JwkResult result = read_jwk(object, true);
  CHECK_EQ(result.problem, "");
  return *result.key;
}

bool verifies(const Key& key, const char* algorithm, const std::string& text, const std::string& signature) {
  return key.verify(*find_algorithm(algorithm), text, signature);
}

// Checks a vector, and that it is refused after any one bit of signature or text is another.
void check_vector(const Key& key, const char* algorithm, const std::string& text, const std::string& encoded) {
  std::string signature = decode_base64url(encoded).value_or("");
  CHECK(verifies(key, algorithm, text, signature));
  for (size_t i = 0; i < signature.size(); i += 7) {
    std::string wrong = signature;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    CHECK(!verifies(key, algorithm, text, wrong));
  }
  CHECK(!verifies(key, algorithm, text + "x", signature));
  CHECK(!verifies(key, algorithm, text, signature.substr(1)));
  CHECK(!verifies(key, algorithm, text, signature + std::string(1, '\0')));
  CHECK(!verifies(key, algorithm, text, ""));
}

constexpr char kJoe[] =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

}  // namespace

// RFC 7515 appendix A.1, which is also the example of RFC 7519 section 3.1.
TEST(the_hs256_vector_of_rfc_7515_is_verified) {
  Key key =
      key_of(R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr)"
             R"(1Z9CAow"})");
  check_vector(key, "HS256", std::string("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9") + kJoe,
               "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

// RFC 7515 appendix A.2.
TEST(the_rs256_vector_of_rfc_7515_is_verified) {
  Key key = key_of(
      R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2)"
      "mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
      "bSf63kpaSHSXndS5z5rexMdbBYU"
      "sLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
      "h9iaGNj8"
      R"(q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})");
  check_vector(key, "RS256", std::string("eyJhbGciOiJSUzI1NiJ9") + kJoe,
               "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
               "O8W2Fp5jujGbds9uJdbF9CUAr7t1d"
               "nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_"
               "dO--xi12jzDwu"
               "sC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
               "IoypGlUPQGe77R"
               "w");
}

// RFC 7515 appendix A.3.
TEST(the_es256_vector_of_rfc_7515_is_verified) {
  Key key = key_of(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                   R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  check_vector(key, "ES256", std::string("eyJhbGciOiJFUzI1NiJ9") + kJoe,
               "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
}

// RFC 7515 appendix A.4.
TEST(the_es512_vector_of_rfc_7515_is_verified) {
  Key key =
      key_of(R"({"kty":"EC","crv":"P-521",)"
             R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
             R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})");
  check_vector(
      key, "ES512", "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
      "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJ"
      "ZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn");
}

// RFC 7520 section 4.2.
TEST(the_ps384_vector_of_rfc_7520_is_verified) {
  Key key = key_of(
      R"({"kty":"RSA","e":"AQAB","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ)"
      "0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"
      "OfVfHd1E6c"
      "S6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_"
      "qixoR7"
      R"(jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"})");
  check_vector(key, "PS384",
               "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
               "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGc"
               "m9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIg"
               "ZmVldCwgdG"
               "hlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4",
               "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-"
               "tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbU"
               "rhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_"
               "ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImU"
               "jvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_"
               "jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72"
               "Eaw");
}

// RFC 8037 appendix A.4 and A.5; RFC 9864 gives the algorithm its second name.
TEST(the_eddsa_vector_of_rfc_8037_is_verified) {
  Key key = key_of(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  for (const char* name : {"EdDSA", "Ed25519"})
    check_vector(key, name, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                 "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

TEST(every_algorithm_verifies_what_openssl_signed) {
  const std::string text = "header.payload";
  std::string secret(64, 's');
  unit::TestKey rsa = unit::TestKey::rsa();
  Key rsa_key = key_of(rsa.rsa_jwk());
  struct Digest {
    const char* bits;
    const EVP_MD* digest;
    const char* curve;
    size_t half;
  };
  for (const Digest& d : {Digest{"256", EVP_sha256(), "P-256", 32}, Digest{"384", EVP_sha384(), "P-384", 48},
                          Digest{"512", EVP_sha512(), "P-521", 66}}) {
    auto name = [&](const char* family) { return std::string(family) + d.bits; };
    CHECK(verifies(Key::secret(secret), name("HS").c_str(), text, unit::hmac(secret, text, d.digest)));
    CHECK(verifies(rsa_key, name("RS").c_str(), text, rsa.sign(text, d.digest)));
    CHECK(verifies(rsa_key, name("PS").c_str(), text, rsa.sign(text, d.digest, RSA_PSS_SALTLEN_DIGEST)));
    // Not PSS for PKCS #1 or the other way round, and no other salt.
    CHECK(!verifies(rsa_key, name("PS").c_str(), text, rsa.sign(text, d.digest)));
    CHECK(!verifies(rsa_key, name("RS").c_str(), text, rsa.sign(text, d.digest, RSA_PSS_SALTLEN_DIGEST)));
    CHECK(!verifies(rsa_key, name("PS").c_str(), text, rsa.sign(text, d.digest, 20)));
    CHECK(!verifies(rsa_key, name("PS").c_str(), text, rsa.sign(text, d.digest, 0)));
    unit::TestKey ec = unit::TestKey::ec(d.curve);
    CHECK(verifies(key_of(ec.ec_jwk(d.curve, d.half)), name("ES").c_str(), text, ec.sign_ec(text, d.digest, d.half)));
  }
}

TEST(a_key_of_another_kind_or_curve_verifies_nothing) {
  const std::string text = "header.payload";
  unit::TestKey p256 = unit::TestKey::ec("P-256");
  unit::TestKey p384 = unit::TestKey::ec("P-384");
  Key key = key_of(p384.ec_jwk("P-384", 48));
  CHECK(!verifies(key, "ES256", text, p384.sign_ec(text, EVP_sha256(), 48)));
  CHECK(!verifies(key, "ES256", text, p384.sign_ec(text, EVP_sha256(), 48).substr(0, 64)));
  CHECK(!verifies(key, "ES384", text, p256.sign_ec(text, EVP_sha384(), 48)));
  std::string pem = p256.public_pem();
  for (const char* name : {"HS256", "HS384", "HS512", "RS256", "PS256", "EdDSA"}) {
    CHECK(!key_of(p256.ec_jwk("P-256", 32)).fits(*find_algorithm(name)));
    CHECK(!verifies(key_of(p256.ec_jwk("P-256", 32)), name, text, unit::hmac(pem, text)));
  }
}

TEST(an_ecdsa_signature_with_an_r_or_s_outside_the_group_is_refused) {
  const std::string text = "header.payload";
  unit::TestKey pair = unit::TestKey::ec("P-256");
  Key key = key_of(pair.ec_jwk("P-256", 32));
  std::string right = pair.sign_ec(text, EVP_sha256(), 32);
  CHECK(verifies(key, "ES256", text, right));
  std::string zero(32, '\0');
  std::string one = std::string(31, '\0') + '\1';
  std::string order = decode_base64url("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").value_or("");
  CHECK_EQ(order.size(), size_t{32});
  std::string r = right.substr(0, 32);
  std::string s = right.substr(32);
  for (const std::string& wrong : {zero + zero, zero + s, r + zero, order + s, r + order, order + order, one + one,
                                   zero + one, one + zero, std::string(64, '\xff'), s + r})
    CHECK(!verifies(key, "ES256", text, wrong));
  // DER, which is OpenSSL's form and not that of tokens; a padded one has 64 bytes, too.
  std::string der = pair.sign(text, EVP_sha256());
  CHECK(!verifies(key, "ES256", text, der));
  der.resize(64);
  CHECK(!verifies(key, "ES256", text, der));
}

TEST(openssls_queue_of_errors_stays_as_it_was) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 7);
  unit::TestKey rsa = unit::TestKey::rsa();
  Key key = key_of(rsa.rsa_jwk());
  CHECK(!verifies(key, "RS256", "text", std::string(256, '\xff')));
  CHECK(!verifies(key, "PS256", "text", std::string(256, '\1')));
  JsonObject jwk;
  CHECK_EQ(jwk.read(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                    R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})"),
           "");
  CHECK(!read_jwk(jwk, false).key);
  CHECK_EQ(ERR_GET_REASON(ERR_get_error()), 7);
  CHECK_EQ(ERR_get_error(), 0UL);
}
