#pragma once

#include <string>

namespace lws_chat {

// The present time as the field Date has it (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date();

}  // namespace lws_chat
