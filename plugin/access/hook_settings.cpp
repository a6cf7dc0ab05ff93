#include "access/hook_settings.h"

#include <algorithm>
#include <charconv>

#include "access/regular_file.h"
#include "wire/field.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxUrl = 2000;     // bytes
constexpr size_t kMaxSocket = 107;   // bytes of a socket's path, unix(7)
constexpr size_t kMaxReason = 123;   // bytes, RFC 6455 section 5.5
constexpr size_t kMaxHeader = 4096;  // bytes of a value

constexpr char kExpectedUrl[] =
    "expected http://HOST[:PORT]/PATH, https://HOST[:PORT]/PATH or unix:/PATH/OF/SOCKET:/PATH";
constexpr char kExpectedStatus[] =
    "expected STATUS:error:CODE:TEXT, STATUS:temporary-error:CODE:TEXT or STATUS:disconnect:CODE:TEXT";

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

bool is_plain(char c) { return c > 0x20 && c < 0x7f; }

bool read_whole(std::string_view text, unsigned long min, unsigned long max, unsigned long& number) {
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size() && number >= min && number <= max;
}

// Takes the text up to `end`, and `end` itself.
std::string_view take_until(std::string_view& text, char end) {
  size_t at = std::min(text.find(end), text.size());
  std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(text.size(), at + 1));
  return taken;
}

// Of "HOST", "HOST:PORT" or "[::1]:PORT".
bool is_authority(std::string_view authority) {
  size_t host_end = authority.find(']');
  bool bracketed = begins(authority, "[");
  if (bracketed != (host_end != std::string_view::npos)) return false;
  size_t colon = authority.find(':', bracketed ? host_end : 0);
  std::string_view host = authority.substr(0, colon);
  constexpr std::string_view kOfName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  constexpr std::string_view kOfAddress = "[]0123456789abcdefABCDEF:.";
  if (host.empty() || host.find_first_not_of(bracketed ? kOfAddress : kOfName) != std::string_view::npos) return false;
  unsigned long port = 0;
  return colon == std::string_view::npos || read_whole(authority.substr(colon + 1), 1, 65535, port);
}

bool is_socket_url(std::string_view rest) {
  size_t colon = rest.rfind(":/");
  return begins(rest, "/") && colon != std::string_view::npos && colon > 1 && colon <= kMaxSocket;
}

// Fields of the connection and of the message, which are not the client's to choose for ours; and Accept-Encoding,
// because replies are not decompressed.
bool is_own_header(std::string_view name) {
  constexpr std::string_view kOwn =
      "accept-encoding, connection, content-encoding, content-length, content-type, expect, host, keep-alive, "
      "proxy-authenticate, proxy-authorization, proxy-connection, te, trailer, transfer-encoding, upgrade";
  return has_token(kOwn, name);
}

bool is_token(std::string_view text) {
  auto allowed = [](unsigned char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string header_name_problem(std::string_view name) {
  if (!is_token(name)) return "is not the name of a header";
  return is_own_header(name) ? "cannot be sent: lws-chat sets it, or it belongs to one connection" : "";
}

std::string read_status(std::string_view text, HookStatusRule& rule) {
  std::string_view rest = text;
  unsigned long status = 0;
  unsigned long code = 0;
  if (!read_whole(take_until(rest, ':'), 100, 599, status))
    return std::string("has no HTTP status, ") + kExpectedStatus;
  if (status == 200) return "is about status 200, which needs no rule";
  std::string_view kind = take_until(rest, ':');
  bool disconnects = kind == "disconnect";
  if (!disconnects && kind != "error" && kind != "temporary-error") return kExpectedStatus;
  if (disconnects && !read_whole(take_until(rest, ':'), 3000, 4999, code))
    return "has no code of a disconnect, expected 3000 to 4999 (4000 to 4999 are free for your own)";
  if (!disconnects && !read_whole(take_until(rest, ':'), 1, 65535, code))
    return "has no code of an error, expected 1 to 65535 (400 to 1999 are free for your own)";
  std::string_view message = trimmed(rest);
  if (message.size() > kMaxReason ||
      !std::all_of(message.begin(), message.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
    return "has a text that is not ASCII or is longer than " + std::to_string(kMaxReason) + " bytes";
  rule.status = static_cast<long>(status);
  rule.denial = {static_cast<uint32_t>(code), std::string(message), kind == "temporary-error", disconnects};
  return "";
}

std::string read_header(std::string_view line, HookHeaders& headers) {
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "no colon, expected a line like \"Authorization: Bearer SECRET\"";
  std::string name = lower_case(line.substr(0, colon));
  std::string problem = header_name_problem(name);
  if (!problem.empty()) return "what is before the colon " + problem;
  std::string_view value = trimmed(line.substr(colon + 1));
  auto allowed = [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); };
  if (value.empty() || value.size() > kMaxHeader || !std::all_of(value.begin(), value.end(), allowed))
    return "a value that is empty, longer than " + std::to_string(kMaxHeader) + " bytes, or has control characters";
  headers.emplace_back(std::move(name), value);
  return "";
}

}  // namespace

bool HookSettings::any() const {
  return std::any_of(urls.begin(), urls.end(), [](const std::string& url) { return !url.empty(); });
}

std::string hook_url_problem(std::string_view url) {
  if (url.size() > kMaxUrl) return "longer than " + std::to_string(kMaxUrl) + " bytes";
  if (!std::all_of(url.begin(), url.end(), is_plain) || url.find('#') != std::string_view::npos)
    return in_quotes(url) + " has a character that no URL has, " + kExpectedUrl;
  std::string_view rest = url;
  if (begins(url, "unix:")) {
    rest.remove_prefix(5);
    return is_socket_url(rest) ? "" : in_quotes(url) + " is not a URL of a socket, " + kExpectedUrl;
  }
  if (!begins(url, "http://") && !begins(url, "https://")) return in_quotes(url) + " is not a URL, " + kExpectedUrl;
  rest.remove_prefix(url.find("//") + 2);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  // It may be a secret, so it is not repeated.
  if (authority.find('@') != std::string_view::npos)
    return "a user in the URL, expected an Authorization header in hook-headers-file";
  return is_authority(authority) ? "" : in_quotes(url) + " has no valid host and port, " + kExpectedUrl;
}

std::string read_hook_statuses(std::string_view text, std::vector<HookStatusRule>& rules) {
  std::vector<HookStatusRule> parsed;
  while (!text.empty()) {
    std::string_view one = trimmed(take_until(text, ';'));
    if (one.empty()) continue;
    HookStatusRule rule;
    std::string problem = read_status(one, rule);
    if (!problem.empty()) return in_quotes(one) + ' ' + problem;
    auto same = [&](const HookStatusRule& other) { return other.status == rule.status; };
    if (std::any_of(parsed.begin(), parsed.end(), same)) return in_quotes(one) + " is the second rule for its status";
    parsed.push_back(std::move(rule));
  }
  rules = std::move(parsed);
  return "";
}

std::string read_hook_header_names(std::string_view text, std::vector<std::string>& names) {
  std::vector<std::string> parsed;
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of(", "), text.size());
    std::string name = lower_case(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
    if (name.empty()) continue;
    std::string problem = header_name_problem(name);
    if (!problem.empty()) return in_quotes(name) + ' ' + problem;
    parsed.push_back(std::move(name));
  }
  names = std::move(parsed);
  return "";
}

std::string load_hook_headers(const std::string& path, HookHeaders& headers) {
  FileText file = read_secret_file(path);
  return file.problem.empty() ? read_hook_headers(file.text, headers) : file.problem;
}

std::string read_hook_headers(std::string_view text, HookHeaders& headers) {
  HookHeaders parsed;
  for (size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_until(text, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    std::string problem = read_header(line, parsed);
    if (!problem.empty()) return "line " + std::to_string(number) + ": " + problem;
  }
  headers = std::move(parsed);
  return "";
}

}  // namespace lws_chat
