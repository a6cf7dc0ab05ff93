#pragma once

#include <cstdint>
#include <string>

#include "wire/frame.h"

namespace lws_chat {

// How messages follow one another in the body of an HTTP answer.
enum class TextFormat : uint8_t {
  kLines,   // a line for each reply: the transport http_stream of Centrifuge's SDKs
  kEvents,  // an event for each reply: their transport sse (html.spec.whatwg.org, section 9.2)
  kProto,   // as they are: http_stream in protobuf, where each reply stands behind its length
};

// Turns the WebSocket frames of the structured dialect into such a body. A message of several replies has one on each
// line.
class FrameText {
 public:
  explicit FrameText(TextFormat format) : format_(format) {}

  // Appends the text of a frame.
  void append(std::string& text, const Frame& frame);

  // The same for all of these whole frames.
  void append_all(std::string& text, std::string_view frames);

  // Returns true between the frames of one message.
  bool within_message() const { return within_; }

 private:
  TextFormat format_;
  bool within_ = false;
};

}  // namespace lws_chat
