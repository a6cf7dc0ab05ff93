#include "api/server_api.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/utf8.h"

namespace lws_chat {
namespace {

// Reads a body that must be one object. Returns its first fault, or an empty text.
std::string read_body(std::string_view body, std::vector<JsonMember>& members) {
  if (!is_utf8(body)) return "the request is not valid UTF-8";
  std::string_view rest = body;
  bool whole = take_object(rest, members);
  if (whole) rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  if (whole && rest.empty()) return {};
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return "the body is empty, expected a JSON object";
  if (rest.empty()) return "the JSON object is incomplete: it ends after " + std::to_string(body.size()) + " bytes";
  return "the request is not a JSON object: unexpected byte " + std::to_string(body.size() - rest.size() + 1) + " of " +
         std::to_string(body.size());
}

ServerApi::Answer answer(const api::Result& result) {
  bool bare = result.bare && !result.error;
  unsigned status = result.unavailable ? 503 : result.error == ClientError::kBadRequest ? 400 : 200;
  return {status, (bare ? result.json : result.wrapped("result")) + "\n"};
}

}  // namespace

bool ServerApi::has(std::string_view method) { return api::is_method(method); }

bool ServerApi::is_for_all_nodes(std::string_view method) { return api::is_for_all_nodes(method); }

uint64_t ServerApi::max_request(const Options& options) {
  return std::max<uint64_t>(uint64_t{1024} * 1024, 2 * options.max_message);
}

Deferred<ServerApi::Answer> ServerApi::call(std::string_view method, std::string_view body, Time now, int64_t unix_ms) {
  std::vector<JsonMember> members;
  std::string problem = read_body(body, members);
  if (!problem.empty()) return answer(api::Result::bad_request(std::move(problem)));
  Request request(std::move(members));
  api::Context context{hub_, sessions_, idempotency_, revocations_, options_, node_, peers_, now, unix_ms};
  return api::run(context, method, request, body).map(answer);
}

}  // namespace lws_chat
