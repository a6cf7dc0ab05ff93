#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/hook.h"
#include "core/log/message.h"

namespace lws_chat {

// A denial in place of a reply with a certain HTTP status.
struct HookStatusRule {
  long status = 0;
  HookDenial denial;
};

// The options hook-* and *-url.
struct HookSettings {
  std::array<std::string, kHookKindCount> urls;  // by kind; empty: the back end is not asked
  Time timeout = 0;                              // microseconds for one question with its answer
  std::vector<std::string> forwarded_headers;    // names in lower case
  std::vector<std::string> emulated_headers;     // those that clients may send in connect, in lower case
  std::string headers_file;                      // empty: none
  std::string ca_file;                           // empty: the system's certificate authorities
  std::vector<HookStatusRule> statuses;

  const std::string& url(HookKind kind) const { return urls[static_cast<unsigned>(kind)]; }
  std::string& url(HookKind kind) { return urls[static_cast<unsigned>(kind)]; }
  bool any() const;
};

// The functions that read texts return an empty string, or what is wrong and what was expected. In the second case they
// do not change the value.

// "http://HOST[:PORT]/PATH", "https://..." or "unix:/SOCKET:/PATH". Returns what is wrong with a URL.
[[nodiscard]] std::string hook_url_problem(std::string_view url);

// "401:disconnect:4501:sign in; 503:temporary-error:1000:try again later".
[[nodiscard]] std::string read_hook_statuses(std::string_view text, std::vector<HookStatusRule>& rules);

// Names of headers with blanks or commas between them. Those of a connection are refused (RFC 9110 section 7.6.1).
[[nodiscard]] std::string read_hook_header_names(std::string_view text, std::vector<std::string>& names);

// Reads the file of static headers, which only the service may read. The path is not part of the problem.
[[nodiscard]] std::string load_hook_headers(const std::string& path, HookHeaders& headers);

// Lines like "Authorization: Bearer SECRET". Empty lines and those that begin with # do not count. A problem names the
// line, and none of its text.
[[nodiscard]] std::string read_hook_headers(std::string_view text, HookHeaders& headers);

}  // namespace lws_chat
