#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ending.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/room_query.h"

namespace lws_chat::api {

// The result of a method, or its error.
struct Result {
  std::string json = "{}";  // an object
  std::optional<ClientError> error{};
  std::string detail{};      // follows the error's message
  bool bare = false;         // `json` is the whole answer, which has no field "result"
  bool unavailable = false;  // the error is that of a service behind the hub, and may be over soon

  static Result bad_request(std::string detail);
  static Result refused(Status why);
  static Result of(const RoomAnswer& answer);

  // {"NAME":RESULT} or {"error":{"code":...,"message":...}}
  std::string wrapped(std::string_view name) const;
};

}  // namespace lws_chat::api
