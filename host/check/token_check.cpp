#include "host/check/token_check.h"

#include "config/suggestion.h"
#include "host/check/lws_keys.h"
#include "host/check/path_check.h"
#include "jwt/key_files.h"

namespace lws_chat {
namespace {

class TokenCheckup {
 public:
  TokenCheckup(ConfigFile& file, const cJSON* protocol, const JwtSettings& settings)
      : file_(file), protocol_(protocol), settings_(settings) {}

  void check() {
    key_file("token-secret-file", settings_.secret_file, load_secret);
    key_file("token-previous-secret-file", settings_.previous_secret_file, load_secret);
    key_file("token-public-key-file", settings_.public_key_file, load_public_keys);
    key_file("token-jwks-file", settings_.jwks_file, load_key_set);
    replaced_keys();
    options_without_effect();
    plain_url();
  }

 private:
  void warn(const char* option, const std::string& text) {
    if (const cJSON* value = member(protocol_, option)) file_.warn_at_value(value, text);
  }

  void key_file(const char* option, const std::string& path, KeysRead (*load)(const std::string&)) {
    const cJSON* value = member(protocol_, option);
    if (!value || path.empty() || !check_path(file_, value, path)) return;
    KeysRead read = load(path);
    std::string place = std::string(option) + " " + path + ": ";
    if (!read.problem.empty()) return file_.error_at_value(value, place + read.problem);
    for (const std::string& warning : read.warnings) file_.warn_at_value(value, place + warning);
  }

  void replaced_keys() {
    if (!settings_.uses_key_set()) return;
    std::string set = settings_.jwks_url.empty() ? "token-jwks-file" : "token-jwks-url";
    std::string text = quoted(set) + " takes its place, so tokens with this key are refused: remove one of the two";
    if (!settings_.secret_file.empty()) warn("token-secret-file", text);
    if (!settings_.previous_secret_file.empty()) warn("token-previous-secret-file", text);
    if (!settings_.public_key_file.empty()) warn("token-public-key-file", text);
  }

  void options_without_effect() {
    bool has_key = settings_.accepts_tokens();
    std::string text = "it has no effect without a key for tokens, for example \"token-secret-file\"";
    if (!has_key && !settings_.audience.empty()) warn("token-audience", text);
    if (!has_key && !settings_.issuer.empty()) warn("token-issuer", text);
    if (!settings_.uses_key_set() && settings_.secret_file.empty() && !settings_.previous_secret_file.empty())
      warn("token-previous-secret-file", "there is no new secret: name it in \"token-secret-file\"");
  }

  // Whoever can change the answer on its way can make tokens.
  void plain_url() {
    std::string_view url = settings_.jwks_url;
    if (url.substr(0, 7) != "http://") return;
    std::string_view host = url.substr(7, url.find_first_of("/:?#", 7) - 7);
    if (host == "localhost" || host == "127.0.0.1" || url.substr(7, 5) == "[::1]") return;
    warn("token-jwks-url", "without TLS, whoever can change the answer on its way can sign tokens: write https://");
  }

  ConfigFile& file_;
  const cJSON* protocol_;
  const JwtSettings& settings_;
};

}  // namespace

void check_token_options(ConfigFile& file, const cJSON* protocol, const JwtSettings& settings) {
  TokenCheckup(file, protocol, settings).check();
}

}  // namespace lws_chat
