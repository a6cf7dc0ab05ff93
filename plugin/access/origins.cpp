#include "access/origins.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace lws_chat {
namespace {

struct Place {
  std::string host;
  unsigned port = 0;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_host_char(char c) {
  auto u = static_cast<unsigned char>(c);
  return std::isalnum(u) || c == '-' || c == '.' || c == '_';
}

// "host", "host:port", "[v6]" or "[v6]:port".
std::optional<Place> parse_place(std::string_view text, unsigned default_port) {
  Place place;
  size_t end;
  if (!text.empty() && text[0] == '[') {
    end = text.find(']');
    if (end == std::string_view::npos || end < 3) return std::nullopt;
    ++end;
    for (char c : text.substr(1, end - 2))
      if (!std::isxdigit(static_cast<unsigned char>(c)) && c != ':' && c != '.') return std::nullopt;
  } else {
    end = std::min(text.find(':'), text.size());
    if (end == 0 || !std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(end), is_host_char))
      return std::nullopt;
  }
  place.host = lower(text.substr(0, end));
  place.port = default_port;
  if (end < text.size()) {
    std::string_view digits = text.substr(end + 1);
    if (text[end] != ':' || digits.empty() || digits.size() > 5) return std::nullopt;
    unsigned port = 0;
    for (char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      port = port * 10 + static_cast<unsigned>(c - '0');
    }
    if (port == 0 || port > 65535) return std::nullopt;
    place.port = port;
  }
  if (place.host == "127.0.0.1" || place.host == "[::1]") place.host = "localhost";
  return place;
}

unsigned default_port(std::string_view scheme) {
  if (scheme == "https" || scheme == "wss") return 443;
  if (scheme == "http" || scheme == "ws") return 80;
  return 0;
}

bool is_own(const WebOrigin& origin, std::string_view host, bool tls) {
  // A page from http has another origin than a server under TLS.
  if (origin.scheme != "https" && (origin.scheme != "http" || tls)) return false;
  std::optional<Place> own = parse_place(host, default_port(origin.scheme));
  return own && own->port == origin.port && own->host == origin.host;
}

}  // namespace

bool WebOrigin::read(std::string_view text) {
  size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string name = lower(text.substr(0, colon));
  for (char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') return false;
  std::optional<Place> place = parse_place(text.substr(colon + 3), default_port(name));
  if (!place) return false;
  *this = {std::move(name), std::move(place->host), place->port};
  return true;
}

bool WebOrigin::operator==(const WebOrigin& other) const {
  return port == other.port && host == other.host && scheme == other.scheme;
}

std::string Origins::add(std::string_view word) {
  if (word == "*") {
    all_ = true;
    return "";
  }
  if (word == "null") {
    files_ = true;
    return "";
  }
  WebOrigin origin;
  if (origin.read(word)) {
    listed_.push_back(std::move(origin));
    return "";
  }
  bool ascii = std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) return "has letters that are not ASCII: write the name as browsers send it, in punycode (xn--...)";
  if (word.find('*') != std::string_view::npos)
    return "is not an origin: the only wildcard is * alone, which allows all; list each origin";
  return "is not an origin, expected one like https://example.org or https://example.org:8443, or null for pages "
         "from files";
}

bool Origins::allow(std::string_view origin, std::string_view host, bool tls) const {
  if (origin.empty() || all_) return true;
  if (origin == "null") return files_;
  return allow_credentials(origin, host, tls);
}

bool Origins::allow_credentials(std::string_view origin, std::string_view host, bool tls) const {
  WebOrigin page;
  if (!page.read(origin)) return false;
  return is_own(page, host, tls) || std::find(listed_.begin(), listed_.end(), page) != listed_.end();
}

}  // namespace lws_chat
