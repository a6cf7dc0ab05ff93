#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/log/stream_kind.h"
#include "core/memory_account.h"

namespace lws_chat {

// A room's last publication, for streams in which the next one is a change of it.
class LastMessage {
 public:
  explicit LastMessage(MemoryAccount& account) : charge_(account) {}

  // Returns `message` as a change of the last one; empty if that is not shorter, or the last one is not known. It is
  // made once for each function, and valid until the message is staged or dropped.
  std::string_view patch_to(const Message& message, Patch make);

  // The message will be the last one, if it is kept. If clients hold too much memory, there will be no last one.
  void stage(const Message& message);
  void keep_staged();
  void drop_staged();

  void forget();

 private:
  struct Copy {
    std::string payload;
    Format format;
  };

  std::unique_ptr<Copy> last_;    // nullptr: it is not known
  std::unique_ptr<Copy> staged_;  // nullptr: there is none
  MemoryAccount::Charge charge_;  // for last_
  std::string patch_;
  Patch maker_ = nullptr;  // of patch_; nullptr: none is made
};

}  // namespace lws_chat
