#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/deferred.h"

namespace lws_chat::api {

// Does step `i`. `so_far` has the answers of the steps before it.
using Step = std::function<Deferred<std::string>(size_t i, const std::string& so_far)>;

// Does `count` steps. Each starts when the step before it has answered, now or later. Returns all answers, in order,
// with commas between them.
Deferred<std::string> run_steps(size_t count, Step step);

}  // namespace lws_chat::api
