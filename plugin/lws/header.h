#pragma once

#include <libwebsockets.h>

#include <string>

namespace lws_chat {

// A header of the request; empty if it is not there.
std::string header(lws* wsi, lws_token_indexes token);

}  // namespace lws_chat
