#include "api/methods.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace lws_chat::api {
namespace {

struct Row {
  std::string_view name;
  Deferred<Result> (*method)(const Context& context, Request& request);
  bool everywhere = false;  // all nodes do it
  // The request as the other nodes get it; nullptr: as it came.
  std::string (*order)(const Context& context, Request request) = nullptr;
};

constexpr std::array<Row, 15> kMethods = {{
    {"publish", publish},
    {"broadcast", broadcast},
    {"batch", batch},
    {"presence", presence},
    {"presence_stats", presence_stats},
    {"history", history},
    {"history_remove", history_remove, true},
    {"channels", channels},
    {"info", info},
    {"unsubscribe", unsubscribe, true},
    {"disconnect", disconnect, true},
    {"subscribe", subscribe, true},
    {"refresh", refresh, true},
    {"revoke_token", revoke_token, true},
    {"invalidate_user_tokens", invalidate_user_tokens, true, order_to_invalidate},
}};

const Row* find(std::string_view name) {
  const auto* found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Row& row) { return row.name == name; });
  return found == kMethods.end() ? nullptr : found;
}

Result not_everywhere() {
  Result result = Result::refused(Status::kUnavailable);
  result.detail = "it is done on this node, but the others could not be told; try again";
  return result;
}

}  // namespace

bool is_method(std::string_view name) { return find(name) != nullptr; }

bool is_for_all_nodes(std::string_view name) {
  const Row* row = find(name);
  return row && row->everywhere;
}

Deferred<Result> run(const Context& context, std::string_view name, Request& request, std::string_view json) {
  const Row& row = *find(name);
  bool told = row.everywhere && context.peers;
  std::string order = !told ? std::string() : row.order ? row.order(context, request) : std::string(json);
  Deferred<Result> result = row.method(context, request);
  if (!told) return result;
  return result.follow([peers = context.peers, name = row.name, order = std::move(order),
                        now = context.now](const Result& here) -> Deferred<Result> {
    if (here.error) return here;
    return peers->tell(name, order, now).map([here](bool done) { return done ? here : not_everywhere(); });
  });
}

}  // namespace lws_chat::api
