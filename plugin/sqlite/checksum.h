#pragma once

#include <cstdint>
#include <string_view>

namespace lws_chat {

// CRC-32C (Castagnoli, RFC 3720 section 12.1) of bytes behind others whose checksum is `before`.
uint32_t checksum(std::string_view bytes, uint32_t before = 0);

}  // namespace lws_chat
