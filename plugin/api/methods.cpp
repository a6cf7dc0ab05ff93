#include "api/methods.h"

#include <algorithm>
#include <array>

namespace lws_chat::api {
namespace {

struct Row {
  std::string_view name;
  Method method;
};

constexpr std::array<Row, 15> kMethods = {{
    {"publish", publish},
    {"broadcast", broadcast},
    {"batch", batch},
    {"presence", presence},
    {"presence_stats", presence_stats},
    {"history", history},
    {"history_remove", history_remove},
    {"channels", channels},
    {"info", info},
    {"unsubscribe", unsubscribe},
    {"disconnect", disconnect},
    {"subscribe", subscribe},
    {"refresh", refresh},
    {"revoke_token", revoke_token},
    {"invalidate_user_tokens", invalidate_user_tokens},
}};

}  // namespace

Method find_method(std::string_view name) {
  const auto* found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Row& row) { return row.name == name; });
  return found == kMethods.end() ? nullptr : found->method;
}

}  // namespace lws_chat::api
