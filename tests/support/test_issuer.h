#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

// An issuer of tokens that shares no code with the plugin, so that it can also do what no good issuer does.
namespace unit {

// base64url by OpenSSL's base64.
inline std::string encode(std::string_view bytes) {
  std::string text(bytes.size() / 3 * 4 + 5, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                             reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

// The first two parts of a token.
inline std::string signed_part(std::string_view header, std::string_view payload) {
  return encode(header) + "." + encode(payload);
}

inline std::string hmac(const std::string& secret, const std::string& text, const EVP_MD* digest = EVP_sha256()) {
  unsigned char code[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(digest, secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), code, &size);
  return {reinterpret_cast<const char*>(code), size};
}

// A token with HS256, or with another digest if the header says so.
inline std::string hmac_token(const std::string& secret, std::string_view payload,
                              std::string_view header = R"({"alg":"HS256"})", const EVP_MD* digest = EVP_sha256()) {
  std::string text = signed_part(header, payload);
  return text + "." + encode(hmac(secret, text, digest));
}

// A key pair.
class TestKey {
 public:
  static TestKey rsa(unsigned bits = 2048) { return TestKey(EVP_RSA_gen(bits)); }
  static TestKey ec(const char* curve) { return TestKey(EVP_EC_gen(curve)); }
  static TestKey other(const char* type) { return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, type)); }

  EVP_PKEY* get() const { return key_.get(); }

  std::string public_pem() const {
    Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(bio.get(), key_.get());
    return text_of(bio.get());
  }
  std::string private_pem() const {
    Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio.get());
  }

  // A number of an RSA key or a coordinate of an EC key ("n", "e", "qx", "qy"), at least `size` bytes long.
  std::string number(const char* name, size_t size = 0) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    std::string bytes(std::max(static_cast<size_t>(BN_num_bytes(number)), size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(number);
    return bytes;
  }

  // The key as a JSON Web Key; `more` is members with a comma in front.
  std::string rsa_jwk(const std::string& more = "") const {
    return R"({"kty":"RSA","n":")" + encode(number("n")) + R"(","e":")" + encode(number("e")) + "\"" + more + "}";
  }
  std::string ec_jwk(const std::string& curve, size_t size, const std::string& more = "") const {
    return R"({"kty":"EC","crv":")" + curve + R"(","x":")" + encode(number("qx", size)) + R"(","y":")" +
           encode(number("qy", size)) + "\"" + more + "}";
  }

  // Signs as PKCS #1, or with a salt as PSS; an EC key signs in DER. `digest` is nullptr for Ed25519.
  std::string sign(const std::string& text, const EVP_MD* digest, int pss_salt = kNoPss) const {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* key_context = nullptr;
    EVP_DigestSignInit(context.get(), &key_context, digest, nullptr, key_.get());
    if (pss_salt != kNoPss) {
      EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, pss_salt);
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) !=
        1)
      throw std::runtime_error("cannot sign");
    signature.resize(size);
    return signature;
  }

  // r and s of an EC key's signature, each `half` bytes long.
  std::string sign_ec(const std::string& text, const EVP_MD* digest, size_t half) const {
    std::string der = sign(text, digest);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())),
                                                          ECDSA_SIG_free);
    std::string signature(2 * half, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(signature.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes, static_cast<int>(half));
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes + half, static_cast<int>(half));
    return signature;
  }

  static constexpr int kNoPss = -100;

 private:
  using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;

  explicit TestKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {
    if (!key) throw std::runtime_error("cannot make the test's key");
  }

  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<size_t>(size)};
  }

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace unit
