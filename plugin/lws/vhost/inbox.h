#pragma once

#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include "core/log/message.h"

namespace lws_chat {

// Messages of other threads, on their way to the thread that serves lws. Bounded: the inbox refuses more than
// kMaxBytes.
class Inbox {
 public:
  static constexpr size_t kMaxBytes = size_t{16} * 1024 * 1024;

  struct Item {
    std::string room;
    std::string payload;
    Format format;
  };

  // From any thread. Returns false if the inbox is full. Sets `wake` if the taker has to be woken.
  [[nodiscard]] bool put(std::string_view room, std::string_view payload, Format format, bool& wake);

  // Returns the oldest items, about `bytes` in all. `more`: there are others. If not, the next put() wakes the taker.
  std::list<Item> take(size_t bytes, bool& more);

 private:
  static size_t cost(const Item& item);

  std::mutex lock_;
  std::list<Item> items_;
  size_t bytes_ = 0;
  bool woken_ = false;  // the taker knows that there is something
};

}  // namespace lws_chat
