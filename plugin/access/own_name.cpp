#include "access/own_name.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "access/address_range.h"

namespace lws_chat {
namespace {

bool is_name_char(unsigned char c) { return std::isalnum(c) || c == '-' || c == '.' || c == '_'; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

std::string host_in(std::string_view field) {
  size_t end = field.find(field.substr(0, 1) == "[" ? ']' : ':');
  std::string_view host = field.substr(0, end);
  std::string_view rest = field.substr(host.size());
  if (!host.empty() && host[0] == '[') {
    Address address;
    if (end == std::string_view::npos || !read_address(host.substr(1), address)) return "";
    host = field.substr(0, end + 1);
    rest = field.substr(end + 1);
  } else if (!std::all_of(host.begin(), host.end(), is_name_char)) {
    return "";
  }
  if (!rest.empty() && (rest[0] != ':' || (rest.size() > 1 && !all_digits(rest.substr(1))))) return "";
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // A name may end with the root's dot.
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

namespace {

// A host without a port, in lower case. Empty: the text is something else.
std::string host_alone(std::string_view text) {
  std::string host = host_in(text);
  return host.size() == text.size() ? host : std::string();
}

// True for an IP address of host_in(): it has already read what is in brackets.
bool is_address(std::string_view host) {
  Address address;
  return host.front() == '[' || read_address(host, address);
}

}  // namespace

bool AllowedHosts::add(std::string_view word) {
  if (word == "*") {
    any = true;
    return true;
  }
  std::string host = host_alone(word);
  if (host.empty()) return false;
  hosts.push_back(std::move(host));
  return true;
}

bool OwnNames::has(std::string_view field) const {
  if (any) return true;
  std::string host = host_in(field);
  if (host.empty()) return false;
  return host == "localhost" || is_address(host) || std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

OwnNames own_names(const AllowedHosts& allowed, std::string_view vhost) {
  OwnNames own{allowed.any, allowed.hosts};
  std::string name = host_alone(vhost);
  if (!name.empty()) own.hosts.push_back(std::move(name));
  return own;
}

}  // namespace lws_chat
