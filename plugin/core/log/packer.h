#pragma once

#include <string_view>

#include "core/log/message.h"

namespace lws_chat {

// Makes the frames of a message shorter, for readers that can undo that.
class Packer {
 public:
  // Appends frames for the same message: shorter ones, or these. Precondition: `frames` are one whole message.
  virtual void pack(FrameSink& sink, std::string_view frames) = 0;

 protected:
  ~Packer() = default;
};

}  // namespace lws_chat
