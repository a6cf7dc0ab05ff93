#include "host/check/hook_check.h"

#include <openssl/pem.h>

#include <memory>

#include "access/regular_file.h"
#include "host/check/lws_keys.h"
#include "host/check/path_check.h"

namespace lws_chat {
namespace {

// Returns what is wrong with a file of certificates.
std::string certificates_problem(const std::string& path) {
  FileText file = read_trusted_file(path);
  if (!file.problem.empty()) return file.problem;
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(file.text.data(), static_cast<int>(file.text.size())),
                                                BIO_free);
  std::unique_ptr<X509, decltype(&X509_free)> first(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr),
                                                    X509_free);
  return first ? "" : "has no certificate, expected a file in PEM, with -----BEGIN CERTIFICATE-----";
}

}  // namespace

void check_hook_files(ConfigFile& file, const cJSON* protocol, const HookSettings& hooks) {
  auto check = [&](const char* option, const std::string& path, auto&& problem_of) {
    const cJSON* value = member(protocol, option);
    if (path.empty() || !check_path(file, value, path)) return;
    std::string problem = problem_of();
    if (!problem.empty()) file.error_at_value(value, std::string(option) + " " + path + ": " + problem);
  };
  check("hook-headers-file", hooks.headers_file, [&] {
    HookHeaders headers;
    return load_hook_headers(hooks.headers_file, headers);
  });
  check("hook-ca-file", hooks.ca_file, [&] { return certificates_problem(hooks.ca_file); });
}

}  // namespace lws_chat
