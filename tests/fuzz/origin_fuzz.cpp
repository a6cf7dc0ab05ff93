// The input is an Origin header, a line end, and a Host header. Always: an origin that is allowed without a list has
// that host, and a list that names an origin allows it.
#include <cstdint>
#include <cstdlib>

#include "access/origin.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t end = input.find('\n');
  std::string_view origin = input.substr(0, end);
  std::string_view host = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  for (bool tls : {false, true}) {
    bool allowed = lws_chat::origin_allowed(origin, host, tls, {});
    if (allowed && !origin.empty() && !lws_chat::is_origin(origin)) std::abort();
    if (!origin.empty() && origin != "*" && origin != "null" &&
        lws_chat::is_origin(origin) != lws_chat::origin_allowed(origin, "", tls, {std::string(origin)}))
      std::abort();
    if (!lws_chat::origin_allowed(origin, host, tls, {"*"})) std::abort();
  }
  return 0;
}
