#include "access/origin.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace lws_chat {
namespace {

struct Place {
  std::string host;  // lower case
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

struct Origin {
  std::string scheme;
  Place place;
};

std::optional<Origin> parse_origin(std::string_view text) {
  size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string scheme = lower(text.substr(0, colon));
  for (char c : scheme)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') return std::nullopt;
  unsigned default_port = scheme == "https" || scheme == "wss" ? 443 : scheme == "http" || scheme == "ws" ? 80 : 0;
  std::optional<Place> place = parse_place(text.substr(colon + 3), default_port);
  if (!place) return std::nullopt;
  return Origin{std::move(scheme), std::move(*place)};
}

bool same(const Place& a, const Place& b) { return a.port == b.port && a.host == b.host; }

}  // namespace

bool is_origin(std::string_view origin) { return parse_origin(origin).has_value(); }

std::string origin_problem(std::string_view text) {
  if (text == "*" || text == "null" || is_origin(text)) return "";
  bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) return "has letters that are not ASCII: write the name as browsers send it, in punycode (xn--...)";
  if (text.find('*') != std::string_view::npos)
    return "is not an origin: there are no wildcards but * alone, for all; list each origin";
  return "is not an origin, expected one like https://example.org or https://example.org:8443, or null for pages "
         "from files";
}

bool origin_allowed(std::string_view origin, std::string_view host, bool tls, const std::vector<std::string>& allowed) {
  if (origin.empty()) return true;
  std::optional<Origin> from = parse_origin(origin);
  // A page that came in the clear is of another origin than the server under TLS. Without TLS there may be a proxy that
  // does it.
  bool own_scheme = from && (from->scheme == "https" || (from->scheme == "http" && !tls));
  if (own_scheme) {
    unsigned default_port = from->scheme == "https" ? 443 : 80;
    std::optional<Place> own = parse_place(host, default_port);
    if (own && same(from->place, *own)) return true;
  }
  for (const std::string& entry : allowed) {
    if (entry == "*" || (entry == "null" && origin == "null")) return true;
    std::optional<Origin> permitted = parse_origin(entry);
    if (from && permitted && from->scheme == permitted->scheme && same(from->place, permitted->place)) return true;
  }
  return false;
}

}  // namespace lws_chat
