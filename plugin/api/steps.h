#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/deferred.h"

namespace lws_chat::api {

// Steps that are done in their order. Publications keep their order by themselves, so those that follow each other need
// not wait for the answers of those before them: with another server as broker, that would be a round trip for each,
// and while it is away a whole patience for each.
struct Steps {
  size_t count = 0;

  // Does step `i`. `so_far` is how many bytes the answers have that are known by now.
  std::function<Deferred<std::string>(size_t i, size_t so_far)> run;

  // Returns true if a step may be under way together with those that may, too. Empty: each waits for the one before it.
  std::function<bool(size_t i)> overlaps{};
};

// Returns all answers, in the order of the steps, with commas between them.
Deferred<std::string> run_steps(Steps steps);

}  // namespace lws_chat::api
