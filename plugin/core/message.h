#pragma once

#include <cstdint>
#include <string_view>

namespace lws_chat {

// Microseconds on some steady clock; core only compares and adds.
using Time = int64_t;

struct Message {
  std::string_view payload;  // relayed exactly as it is
  bool binary = false;
};

// Takes the frames that a dialect makes of a message, one by one.
class FrameSink {
 public:
  virtual void append(std::string_view header, std::string_view payload) = 0;

 protected:
  ~FrameSink() = default;
};

// How a dialect turns a message into frames.
using Encode = void (*)(FrameSink&, const Message&);

}  // namespace lws_chat
