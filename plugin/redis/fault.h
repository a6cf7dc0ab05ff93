#pragma once

#include <cstdint>
#include <string>

namespace lws_chat {

// Why a server cannot be used.
struct Fault {
  enum class Kind : uint8_t {
    kAway,     // it cannot be reached, or does not answer
    kEnded,    // it closed the connection: the next attempt tells more
    kRefuses,  // it says that it is not to be used, or not so
    kStrange   // it does what no server does
  };

  Kind kind;
  std::string text;  // goes on after the server's name, and says what to do
};

}  // namespace lws_chat
