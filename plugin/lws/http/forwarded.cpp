#include "lws/http/forwarded.h"

#include <utility>

#include "lws/http/header.h"

namespace lws_chat {
namespace {

// A field that lws knows by its name with the colon.
std::string known_header(lws* wsi, const std::string& name) {
  for (int token = 0; token < WSI_TOKEN_COUNT; ++token) {
    const unsigned char* known = lws_token_to_string(static_cast<lws_token_indexes>(token));
    if (known && name == reinterpret_cast<const char*>(known))
      return header(wsi, static_cast<lws_token_indexes>(token));
  }
  return {};
}

}  // namespace

std::unique_ptr<const HookHeaders> fields_to_forward(lws* wsi, const std::vector<std::string>& names) {
  HookHeaders fields;
  for (const std::string& name : names) {
    std::string value = known_header(wsi, name + ':');
    if (value.empty()) value = custom_header(wsi, name + ':');
    if (!value.empty()) fields.emplace_back(name, std::move(value));
  }
  return fields.empty() ? nullptr : std::make_unique<const HookHeaders>(std::move(fields));
}

}  // namespace lws_chat
