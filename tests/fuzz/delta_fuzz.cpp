// The input is a source, and a target behind the first "->" in it. Always: the delta gives the target again, has no
// more bytes than allowed, and is UTF-8 if the target is.
#include <cstdint>
#include <cstdlib>

#include "core/utf8.h"
#include "support/fossil_applier.h"
#include "wire/fossil_delta.h"

using namespace lws_chat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t end = input.find("->");
  std::string_view source = input.substr(0, end);
  std::string_view target = end == std::string_view::npos ? input : input.substr(end + 2);
  std::string delta;
  if (make_fossil_delta(source, target, target.size(), delta)) {
    if (delta.size() > target.size()) std::abort();
    if (fossil::apply(source, delta) != std::optional<std::string>(target)) std::abort();
  }
  // Without copies it is the target, a size and a checksum.
  if (!make_fossil_delta(source, target, target.size() + 64, delta)) std::abort();
  if (fossil::apply(source, delta) != std::optional<std::string>(target)) std::abort();
  if (is_utf8(target) && !is_utf8(delta)) std::abort();
  return 0;
}
