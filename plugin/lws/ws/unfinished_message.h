#pragma once

#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "core/memory_account.h"
#include "lws/vhost/alarms.h"

namespace lws_chat {

class UnfinishedMessage;
class WebSocket;

// The unfinished messages of a vhost, the oldest first.
using UnfinishedMessages = std::list<UnfinishedMessage*>;

// The pieces of a message that is not complete. Lives as long as the connection waits for the rest.
//
// If all of them take too much memory, the connections of the oldest are closed: an honest client is done in a moment.
// The same happens to a client that does not go on for too long.
class UnfinishedMessage final : public Alarm {
 public:
  explicit UnfinishedMessage(WebSocket& owner);
  ~UnfinishedMessage();

  // Adds a piece. `known` is the least length of the message, with this piece.
  void append(std::string_view piece, size_t known);

  size_t size() const { return bytes_.size(); }

  // Returns the whole message. To be called once.
  std::string take() { return std::move(bytes_); }

  void ring() override;

 private:
  void wait();

  WebSocket& owner_;
  UnfinishedMessages& all_;
  UnfinishedMessages::iterator place_;
  MemoryAccount::Charge charge_;
  std::string bytes_;
  size_t seen_ = 0;  // number of bytes at the last look
};

}  // namespace lws_chat
