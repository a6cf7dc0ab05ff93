#include "wire/frame_text.h"

namespace lws_chat {
namespace {

constexpr std::string_view kEventBegins = "data: ";
constexpr std::string_view kEventEnds = "\n\n";

// In JSON a carriage return can only stand between the parts of a value, where a blank means the same. In an event
// stream it would end the line.
void append_in_events(std::string& text, std::string_view payload) {
  for (size_t end; (end = payload.find_first_of("\r\n")) != std::string_view::npos; payload.remove_prefix(end + 1)) {
    text.append(payload.substr(0, end));
    if (payload[end] == '\r')
      text += ' ';
    else
      text.append(kEventEnds).append(kEventBegins);
  }
  text.append(payload);
}

}  // namespace

void FrameText::append(std::string& text, const Frame& frame) {
  if (format_ != TextFormat::kEvents) {
    text.append(frame.payload);
    if (frame.final && format_ == TextFormat::kLines) text += '\n';
  } else {
    if (!within_) text.append(kEventBegins);
    append_in_events(text, frame.payload);
    if (frame.final) text.append(kEventEnds);
  }
  within_ = !frame.final;
}

void FrameText::append_all(std::string& text, std::string_view frames) {
  while (!frames.empty()) {
    Frame frame = first_frame(frames);
    append(text, frame);
    frames.remove_prefix(frame.size);
  }
}

}  // namespace lws_chat
