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

// Those of a vhost, the oldest first.
using UnfinishedMessages = std::list<UnfinishedMessage*>;

// The pieces so far of a message that is not complete. Lives as long as the connection waits for the rest.
//
// When all of them take too much memory, the oldest are given up and their connections closed: who means well is done
// in a moment. So is who does not go on for too long.
class UnfinishedMessage final : public Alarm {
 public:
  explicit UnfinishedMessage(WebSocket& owner);
  ~UnfinishedMessage();

  // Adds a piece. `known` is how long the message will be at least, with it.
  void append(std::string_view piece, size_t known);

  size_t size() const { return bytes_.size(); }

  // The whole of it, to be called once.
  std::string take() { return std::move(bytes_); }

  void ring() override;

 private:
  void wait();

  WebSocket& owner_;
  UnfinishedMessages& all_;
  UnfinishedMessages::iterator place_;
  MemoryAccount::Charge charge_;
  std::string bytes_;
  size_t seen_ = 0;  // bytes when it was last looked whether it goes on
};

}  // namespace lws_chat
