#include "api/result.h"

#include <utility>

#include "wire/json.h"

namespace lws_chat::api {
namespace {

std::string error_object(ClientError error, std::string_view detail) {
  const ClientErrorRow& row = describe(error);
  std::string message(row.message);
  if (!detail.empty()) message.append(": ").append(detail);
  std::string json = "{\"code\":" + std::to_string(row.code) + ",\"message\":";
  append_quoted(json, message);
  return json + "}";
}

}  // namespace

Result Result::bad_request(std::string detail) { return {"", ClientError::kBadRequest, std::move(detail)}; }

Result Result::refused(Status why) {
  if (why == Status::kTooManyRooms) return {"", ClientError::kLimitExceeded, std::string(describe(why).text)};
  if (why == Status::kNotPermitted) return {"", ClientError::kPermissionDenied, {}};
  if (why == Status::kUnknownNamespace) return {"", ClientError::kUnknownChannel, {}};
  if (why == Status::kBadRoomName) return bad_request(std::string(describe(why).text));
  Result result{"", ClientError::kInternal, std::string(describe(why).text)};
  result.unavailable = why == Status::kUnavailable || why == Status::kUncertain;
  return result;
}

Result Result::of(const RoomAnswer& answer) {
  Result result{std::string(answer.text()), answer.error, std::string(answer.detail)};
  result.unavailable = answer.unavailable;
  return result;
}

std::string Result::wrapped(std::string_view name) const {
  std::string wrapped = "{\"";
  wrapped.append(error ? "error" : name).append("\":");
  return wrapped.append(error ? error_object(*error, detail) : json).append("}");
}

}  // namespace lws_chat::api
