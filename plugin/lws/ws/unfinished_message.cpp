#include "lws/ws/unfinished_message.h"

#include "lws/clock.h"
#include "lws/vhost/vhost.h"
#include "lws/ws/websocket.h"

namespace lws_chat {
namespace {

// A message has to be complete within so many times pong-timeout, or longer by so many bytes.
constexpr Time kPatience = 3;
constexpr size_t kProgress = 65536;

}  // namespace

UnfinishedMessage::UnfinishedMessage(WebSocket& owner)
    : owner_(owner),
      all_(owner.vhost().unfinished()),
      place_(all_.insert(all_.end(), this)),
      charge_(owner.vhost().hub().memory().input) {
  wait();
}

UnfinishedMessage::~UnfinishedMessage() { all_.erase(place_); }

void UnfinishedMessage::append(std::string_view piece, size_t known) {
  // The last message always has a place, so that a small max-memory does not forbid long messages.
  while (!charge_.may_be(sizeof *this + known) && all_.front() != this) all_.front()->owner_.close({Status::kNoMemory});
  charge_.set(sizeof *this + known);
  bytes_.reserve(known);
  bytes_.append(piece);
}

void UnfinishedMessage::wait() {
  Time timeout = owner_.vhost().options().pong_timeout;
  owner_.vhost().alarms().set(*this, now() + kPatience * timeout);
}

void UnfinishedMessage::ring() {
  bool goes_on = bytes_.size() >= seen_ + kProgress || owner_.paused();
  if (!goes_on) return owner_.close({Status::kUnfinished});
  seen_ = bytes_.size();
  wait();
}

}  // namespace lws_chat
