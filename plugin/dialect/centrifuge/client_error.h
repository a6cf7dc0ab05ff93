#pragma once

#include <cstdint>
#include <string_view>

namespace lws_chat {

// The reason for refusing a command. The connection stays.
enum class ClientError : uint8_t {
  kInternal,
  kUnknownChannel,    // its namespace is not configured
  kPermissionDenied,  // for members of the room only
  kMethodNotFound,
  kAlreadySubscribed,
  kLimitExceeded,
  kBadRequest,
  kTokenExpired,
  kExpired,
  kNotAvailable,     // switched off for this room, or not built
  kTooManyRequests,  // the server cannot hold more replies until they are read
  kUnrecoverablePosition,
};

inline constexpr unsigned kClientErrorCount = static_cast<unsigned>(ClientError::kUnrecoverablePosition) + 1;

struct ClientErrorRow {
  uint16_t code;             // centrifugal.dev/docs/server/codes
  bool temporary;            // the same command may succeed later
  std::string_view message;  // the protocol's text for it
};

const ClientErrorRow& describe(ClientError error);

}  // namespace lws_chat
