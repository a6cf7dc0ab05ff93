#include "access/tokens.h"

namespace lws_chat {

std::string_view name_of(TokenVerdict verdict) {
  switch (verdict) {
    case TokenVerdict::kValid: return "valid";
    case TokenVerdict::kExpired: return "expired";
    case TokenVerdict::kInvalid: return "invalid";
    case TokenVerdict::kUnknownKey: return "unknown_key";
  }
  return "";
}

}  // namespace lws_chat
