#pragma once

#include <cstdint>
#include <string_view>

namespace lws_chat {

// Why a command of the structured dialect was refused. The connection stays.
enum class ClientError : uint8_t {
  kInternal,
  kPermissionDenied,  // for members of the room only
  kMethodNotFound,
  kAlreadySubscribed,
  kLimitExceeded,
  kBadRequest,
  kNotAvailable,     // switched off for this room, or not there at all
  kTooManyRequests,  // for what the server can hold until it is read
  kUnrecoverablePosition,
};

inline constexpr unsigned kClientErrorCount = static_cast<unsigned>(ClientError::kUnrecoverablePosition) + 1;

struct ClientErrorRow {
  uint16_t code;             // centrifugal.dev/docs/server/codes
  bool temporary;            // the same command may succeed later
  std::string_view message;  // what the protocol calls it
};

const ClientErrorRow& describe(ClientError error);

}  // namespace lws_chat
