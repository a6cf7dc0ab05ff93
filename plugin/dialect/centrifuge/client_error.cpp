#include "dialect/centrifuge/client_error.h"

#include <array>

namespace lws_chat {

const ClientErrorRow& describe(ClientError error) {
  static constexpr std::array<ClientErrorRow, kClientErrorCount> table = {{
      {100, true, "internal server error"},
      {102, false, "unknown channel"},
      {103, false, "permission denied"},
      {104, false, "method not found"},
      {105, false, "already subscribed"},
      {106, false, "limit exceeded"},
      {107, false, "bad request"},
      {109, false, "token expired"},
      {110, false, "expired"},
      {108, false, "not available"},
      {111, true, "too many requests"},
      {112, false, "unrecoverable position"},
  }};
  return table[static_cast<unsigned>(error)];
}

}  // namespace lws_chat
