#include "host/token/token_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "access/regular_file.h"
#include "core/log_text.h"
#include "core/random.h"
#include "host/check/config_check.h"
#include "host/token/describe_token.h"
#include "jwt/issuer.h"
#include "jwt/secret.h"
#include "jwt/token.h"
#include "jwt/verifier.h"
#include "wire/base64.h"

namespace lws_chat {
namespace {

constexpr size_t kIdBytes = 16;  // nobody guesses it, and no two tokens have the same

int refuse(const std::string& problem) {
  std::fprintf(stderr, "lws-chatd: %s\n", problem.c_str());
  return EXIT_FAILURE;
}

bool same(const JwtSettings& a, const JwtSettings& b) {
  auto texts = [](const JwtSettings& s) {
    return std::vector<std::string>{
        s.secret_file, s.previous_secret_file, s.public_key_file, s.jwks_file, s.jwks_url, s.audience, s.issuer};
  };
  return texts(a) == texts(b);
}

std::string names_of(const std::vector<const VhostSummary*>& vhosts) {
  std::string names;
  for (const VhostSummary* vhost : vhosts) names += (names.empty() ? "" : ", ") + vhost->name;
  return names;
}

// Finds the vhost that the command is about. Vhosts with the same options for tokens count as one.
const VhostSummary* find_vhost(const Arguments& arguments, const ConfigReport& config, std::string& problem) {
  std::vector<const VhostSummary*> named;
  std::vector<const VhostSummary*> found;
  for (const VhostSummary& vhost : config.vhosts) {
    if (!arguments.vhost.empty() && vhost.name != arguments.vhost) continue;
    named.push_back(&vhost);
    if (vhost.chat.tokens.accepts_tokens()) found.push_back(&vhost);
  }
  std::string see = config.ok() ? "" : "; it has errors, which lws-chatd --check prints";
  auto differs = [&](const VhostSummary* vhost) { return !same(vhost->chat.tokens, found.front()->chat.tokens); };
  if (named.empty())
    problem =
        arguments.config_dir + " has no vhost" + (arguments.vhost.empty() ? "" : " " + in_log(arguments.vhost)) + see;
  else if (found.empty())
    problem = "no key for tokens is set in " + names_of(named) + ", expected for example token-secret-file" + see;
  else if (std::any_of(found.begin(), found.end(), differs))
    problem = "several vhosts have keys for tokens (" + names_of(found) + "): choose one with --vhost";
  return problem.empty() ? found.front() : nullptr;
}

std::string new_id() {
  std::string bytes(kIdBytes, '\0');
  system_random(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
  return base64url(bytes);
}

int issue(const Arguments& arguments, const JwtSettings& settings) {
  if (settings.uses_key_set())
    return refuse("a JSON Web Key Set takes the place of token-secret-file here: only its issuer can make tokens");
  if (settings.secret_file.empty())
    return refuse("token-public-key-file only checks tokens: its issuer makes them, or set token-secret-file");
  FileText file = read_secret_file(settings.secret_file);
  std::string secret;
  std::string problem = file.problem.empty() ? read_secret(file.text, secret) : file.problem;
  if (!problem.empty()) return refuse("token-secret-file " + settings.secret_file + ": " + problem);
  TokenRequest request;
  request.user = *arguments.token_user;
  request.room = arguments.token_room;
  request.audience = settings.audience;
  request.issuer = settings.issuer;
  request.id = new_id();
  request.issued_at = std::time(nullptr);
  request.expires_at = request.issued_at + arguments.token_seconds;
  std::printf("%s\n", issue_token(request, secret).c_str());
  return EXIT_SUCCESS;
}

// Reads the token from stdin, without the blanks and line ends around it.
std::string read_stdin() {
  std::string text;
  char block[4096];
  while (text.size() <= 2 * kLargestToken) {
    size_t got = std::fread(block, 1, sizeof block, stdin);
    if (got == 0) break;
    text.append(block, got);
  }
  constexpr char kBlanks[] = " \t\r\n";
  size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

const char* words_for(TokenVerdict verdict) {
  switch (verdict) {
    case TokenVerdict::kValid: return "valid";
    case TokenVerdict::kExpired: return "expired";
    case TokenVerdict::kInvalid: return "invalid";
    case TokenVerdict::kUnknownKey: return "unknown";
  }
  return "";
}

int check(const Arguments& arguments, const VhostSummary& vhost) {
  const JwtSettings& settings = vhost.chat.tokens;
  JwtVerifier verifier(settings);
  std::string problem = verifier.load();
  if (!problem.empty()) return refuse(problem);
  std::string token = *arguments.checked_token == "-" ? read_stdin() : *arguments.checked_token;
  int64_t now = std::time(nullptr);
  bool is_subscription = is_subscription_token(token);
  TokenVerdict verdict;
  std::string reason;
  auto take = [&](auto result) {
    verdict = result.verdict;
    reason = std::move(result.reason);
  };
  if (is_subscription)
    take(verifier.check_subscription(token, now));
  else
    take(verifier.check_connection(token, now));
  bool is_valid = verdict == TokenVerdict::kValid;
  const char* kind = is_subscription ? "a subscription" : "a connection";
  std::string said = describe_token(token, now);
  std::printf("%s: %s\n", words_for(verdict),
              is_valid ? ("vhost " + vhost.name + " accepts it for " + kind).c_str() : reason.c_str());
  if (!settings.jwks_url.empty() && !is_valid)
    std::puts("This command does not fetch token-jwks-url, so the server may decide otherwise.");
  if (!said.empty()) std::printf("%s:\n%s", is_valid ? "It says" : "It says, and perhaps it lies", said.c_str());
  return is_valid ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int run_token_command(const Arguments& arguments) {
  ConfigReport config = check_config(arguments.config_dir, arguments.plugin_dir);
  std::string problem;
  const VhostSummary* vhost = find_vhost(arguments, config, problem);
  if (!vhost) return refuse(problem);
  return arguments.token_user ? issue(arguments, vhost->chat.tokens) : check(arguments, *vhost);
}

}  // namespace lws_chat
