#pragma once

#include <string>
#include <string_view>

#include "jwt/key_set.h"

// The files of the options token-*. The problems and warnings are to follow the file's name.
namespace lws_chat {

KeysRead load_secret(const std::string& path);       // token-secret-file, token-previous-secret-file
KeysRead load_public_keys(const std::string& path);  // token-public-key-file
KeysRead load_key_set(const std::string& path);      // token-jwks-file

// Reads public keys and certificates in PEM.
KeysRead read_public_keys(std::string_view pem);

}  // namespace lws_chat
