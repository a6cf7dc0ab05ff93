#pragma once

#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include "core/log/message.h"

namespace lws_chat {

// Messages that other threads have for rooms, on their way to the thread that serves lws. Bounded: who puts in
// faster than is taken out is told so.
class Inbox {
 public:
  static constexpr size_t kMaxBytes = size_t{16} * 1024 * 1024;

  struct Item {
    std::string room;
    std::string payload;
    Format format;
  };

  // From any thread. Returns false if there is no room for it now. Sets `wake` if the taker has to be woken.
  [[nodiscard]] bool put(std::string_view room, std::string_view payload, Format format, bool& wake);

  // The oldest items, together of about `bytes`. `more` tells whether there are others; if not, the next put()
  // wakes.
  std::list<Item> take(size_t bytes, bool& more);

 private:
  static size_t cost(const Item& item);

  std::mutex lock_;
  std::list<Item> items_;
  size_t bytes_ = 0;
  bool woken_ = false;  // the taker knows that there is something
};

}  // namespace lws_chat
