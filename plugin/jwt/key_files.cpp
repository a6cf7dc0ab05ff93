#include "jwt/key_files.h"

#include <openssl/pem.h>

#include <algorithm>
#include <utility>

#include "access/regular_file.h"
#include "jwt/openssl.h"
#include "jwt/secret.h"

namespace lws_chat {
namespace {

constexpr size_t kMostKeys = 16;

constexpr char kExpected[] = ", expected public keys or certificates in PEM";

// A block between -----BEGIN NAME----- and -----END NAME-----.
struct PemBlock {
  std::string name;
  std::string bytes;
};

// Reads the next block. Returns false if there is none. It never asks for a passphrase.
bool read_block(BIO* pem, PemBlock& block) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(pem, &name, &header, &data, &size) != 1) return false;
  block = {name, {reinterpret_cast<const char*>(data), static_cast<size_t>(size)}};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return true;
}

Key::Public decode(const PemBlock& block) {
  const auto* at = reinterpret_cast<const unsigned char*>(block.bytes.data());
  auto size = static_cast<long>(block.bytes.size());
  EVP_PKEY* key = nullptr;
  if (block.name == PEM_STRING_PUBLIC) {
    key = d2i_PUBKEY(nullptr, &at, size);
  } else if (block.name == PEM_STRING_RSA_PUBLIC) {
    key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size);
  } else if (CertificatePtr certificate{d2i_X509(nullptr, &at, size)}) {
    key = X509_get_pubkey(certificate.get());
  }
  return {key, EVP_PKEY_free};
}

bool is_private(const std::string& name) { return name.find("PRIVATE KEY") != std::string::npos; }

bool has_public_key(const std::string& name) {
  return name == PEM_STRING_PUBLIC || name == PEM_STRING_RSA_PUBLIC || name == PEM_STRING_X509 ||
         name == PEM_STRING_X509_OLD;
}

// Returns what is wrong with a block. Blocks of other kinds, as parameters of curves, are passed over.
std::string add_block(const PemBlock& block, std::vector<Key>& keys) {
  if (is_private(block.name))
    return "holds a private key, which belongs to the issuer only: 'openssl pkey -in KEY -pubout' prints the public "
           "key";
  if (!has_public_key(block.name)) return "";
  Key::Public decoded = decode(block);
  if (!decoded) return "holds a " + block.name + " block that is damaged" + kExpected;
  std::string problem;
  Key key = Key::public_key(std::move(decoded), problem);
  if (problem.empty()) keys.push_back(std::move(key));
  return problem;
}

}  // namespace

KeysRead read_public_keys(std::string_view pem) {
  OpensslErrors errors;
  KeysRead read;
  BioPtr source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  for (PemBlock block; source && read.problem.empty() && read_block(source.get(), block);)
    read.problem = read.keys.size() < kMostKeys ? add_block(block, read.keys)
                                                : "has more than " + std::to_string(kMostKeys) + " keys";
  if (read.problem.empty() && read.keys.empty()) read.problem = std::string("has no public key") + kExpected;
  if (!read.problem.empty()) read.keys.clear();
  return read;
}

KeysRead load_secret(const std::string& path) {
  KeysRead read;
  FileText file = read_secret_file(path);
  std::string secret;
  read.problem = file.problem.empty() ? read_secret(file.text, secret) : file.problem;
  if (!read.problem.empty()) return read;
  if (secret.size() < kGoodSecret)
    read.warnings.push_back("is a secret of " + std::to_string(secret.size()) + " bytes, which may be guessed: use " +
                            std::to_string(kGoodSecret) + " or more");
  read.keys.push_back(Key::secret(std::move(secret)));
  return read;
}

KeysRead load_public_keys(const std::string& path) {
  FileText file = read_trusted_file(path);
  KeysRead read;
  if (file.problem.empty()) return read_public_keys(file.text);
  read.problem = file.problem;
  return read;
}

KeysRead load_key_set(const std::string& path) {
  FileText file = read_trusted_file(path);
  KeysRead read;
  if (file.problem.empty()) read = read_key_set(file.text, true);
  bool has_secret =
      std::any_of(read.keys.begin(), read.keys.end(), [](const Key& key) { return key.kind() == KeyKind::kSecret; });
  if (!file.problem.empty())
    read.problem = file.problem;
  else if (has_secret)
    read.problem = secret_file_problem(file, path);
  return read;
}

}  // namespace lws_chat
