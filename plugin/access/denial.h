#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/ending.h"

namespace lws_chat {

// Why somebody is not let in, or may not do something.
struct Denial {
  Status why = Status::kNotPermitted;
  bool disconnects = false;  // the client has to go; else only this request is refused
  uint32_t code = 0;         // chosen by a back end: of an error, or of a disconnect; 0: that of `why`
  std::string message{};     // that belongs to `code`
  bool temporary = false;    // the client may try an error with `code` again
  std::string detail{};      // more for the log; empty: nothing

  static Denial error(Status why, std::string detail = {}) { return {why, false, 0, {}, false, std::move(detail)}; }
  static Denial disconnect(Status why, std::string detail = {}) { return {why, true, 0, {}, false, std::move(detail)}; }
};

// A value, or the reason why there is none.
template <typename T>
struct Outcome {
  Outcome(T of) : value(std::move(of)) {}          // NOLINT: a value is an outcome
  Outcome(Denial why) : denial(std::move(why)) {}  // NOLINT: so is a denial
  std::optional<Denial> denial{};
  T value{};
};

}  // namespace lws_chat
