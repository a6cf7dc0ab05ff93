// The input is an option's name, a line end, and its value. An option either accepts the value, or returns an error and
// keeps its old value.
#include <cstdint>
#include <cstdlib>

#include "config/option_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t end = input.find('\n');
  std::string_view name = input.substr(0, end);
  std::string_view value = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  lws_chat::Options options = lws_chat::default_options();
  std::string problem = lws_chat::set_option(options, name, value);
  if (problem.empty() && !lws_chat::find_option(name)) std::abort();
  if (!problem.empty() && options.hub.max_lag != lws_chat::default_options().hub.max_lag) std::abort();
  (void)lws_chat::finish_options(options);
  return 0;
}
