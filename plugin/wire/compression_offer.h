#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// The name of the extension of RFC 7692.
inline constexpr std::string_view kCompressionName = "permessage-deflate";

// Accepts an offer to compress messages, RFC 7692 section 7.1, from the value of a Sec-WebSocket-Extensions field. Both
// sides will compress each message by itself. Returns the parameters of the answer, "; NAME; NAME"; empty: there is no
// offer that can be accepted.
std::string accept_compression(std::string_view extensions);

// lws reads no further than to here if an offer is accepted: the end of the first one, if it has parameters. Else the
// end of the field.
size_t end_of_reading(std::string_view extensions);

}  // namespace lws_chat
