#include "core/room/last_message.h"

#include <utility>

#include "core/release.h"

namespace lws_chat {

std::string_view LastMessage::patch_to(const Message& message, Patch make) {
  if (!last_) return {};
  if (make != maker_ && !make(patch_, Message{last_->payload, last_->format}, message)) patch_.clear();
  maker_ = make;
  return patch_;
}

void LastMessage::stage(const Message& message) {
  drop_staged();
  if (!charge_.may_be(sizeof(Copy) + message.payload.size())) return;
  staged_ = std::make_unique<Copy>(Copy{std::string(message.payload), message.format});
}

void LastMessage::keep_staged() {
  last_ = std::move(staged_);
  charge_.set(last_ ? sizeof(Copy) + last_->payload.size() : 0);
}

// The next message is another one: what was made for this one must not be taken for it.
void LastMessage::drop_staged() {
  staged_ = nullptr;
  release(patch_);
  maker_ = nullptr;
}

void LastMessage::forget() {
  last_ = nullptr;
  charge_.set(0);
}

}  // namespace lws_chat
