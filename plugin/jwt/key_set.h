#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jwt/key.h"

namespace lws_chat {

// Keys from a file or a URL.
struct KeysRead {
  std::vector<Key> keys;
  std::string problem;  // what is wrong, and what was expected; empty: the keys are usable
  std::vector<std::string> warnings;
};

// Reads a JSON Web Key Set, RFC 7517 section 5. Keys that are of no use here are left out; one at least must remain.
// Only a file that others cannot read may have secrets (kty oct).
KeysRead read_key_set(std::string_view text, bool may_have_secrets);

}  // namespace lws_chat
