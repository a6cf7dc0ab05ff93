#include "lws/vhost/inbox.h"

namespace lws_chat {

size_t Inbox::cost(const Item& item) { return sizeof item + item.room.size() + item.payload.size(); }

bool Inbox::put(std::string_view room, std::string_view payload, Format format, bool& wake) {
  Item item{std::string(room), std::string(payload), format};
  std::lock_guard<std::mutex> lock(lock_);
  // One message always has a place, however large.
  if (!items_.empty() && bytes_ + cost(item) > kMaxBytes) return false;
  bytes_ += cost(item);
  items_.push_back(std::move(item));
  wake = !woken_;
  woken_ = true;
  return true;
}

std::list<Inbox::Item> Inbox::take(size_t bytes, bool& more) {
  std::list<Item> taken;
  std::lock_guard<std::mutex> lock(lock_);
  for (size_t sum = 0; !items_.empty() && sum < bytes;) {
    sum += cost(items_.front());
    bytes_ -= cost(items_.front());
    taken.splice(taken.end(), items_, items_.begin());
  }
  more = woken_ = !items_.empty();
  return taken;
}

}  // namespace lws_chat
