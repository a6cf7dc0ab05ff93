#pragma once

#include "access/revocations.h"

namespace lws_chat {

// The answer of Revocations where nobody has to wait for it.
inline bool is_revoked(const Deferred<Revocations::Outcome>& answer) {
  return answer.ready() && answer.value() == Revocations::Outcome::kRevoked;
}

}  // namespace lws_chat
