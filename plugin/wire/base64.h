#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// Reads base64 with padding (RFC 4648 section 4). Returns false for any other text; `bytes` is then undefined.
[[nodiscard]] bool read_base64(std::string_view text, std::string& bytes);

}  // namespace lws_chat
