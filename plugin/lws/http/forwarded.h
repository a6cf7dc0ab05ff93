#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>
#include <vector>

#include "access/hook.h"

namespace lws_chat {

// Returns the fields of the request that have these names (in lower case), for questions to a back end; nullptr: none.
// Over HTTP/2 lws shows only the fields that it knows.
std::unique_ptr<const HookHeaders> fields_to_forward(lws* wsi, const std::vector<std::string>& names);

}  // namespace lws_chat
