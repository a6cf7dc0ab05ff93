// The input is an Origin header, a line end, and a Host header. Always: an origin that is allowed without a list has
// that host, and a list that names an origin allows it.
#include <cstdint>
#include <cstdlib>

#include "access/origins.h"

using lws_chat::Origins;
using lws_chat::WebOrigin;

namespace {

Origins list_of(std::string_view word) {
  Origins list;
  if (!list.add(word).empty()) std::abort();
  return list;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t end = input.find('\n');
  std::string_view origin = input.substr(0, end);
  std::string_view host = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  bool valid = WebOrigin().read(origin);
  bool named = valid || origin == "*" || origin == "null";
  if (named != Origins().add(origin).empty()) std::abort();
  for (bool tls : {false, true}) {
    bool own = Origins().allow(origin, host, tls);
    if (own && !origin.empty() && !valid) std::abort();
    if (named && !list_of(origin).allow(origin, "", tls)) std::abort();
    if (!list_of("*").allow(origin, host, tls)) std::abort();
  }
  return 0;
}
