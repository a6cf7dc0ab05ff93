#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/client.h"
#include "core/stream.h"

namespace lws_chat {

// Microseconds on some steady clock; core only compares and adds.
using Time = int64_t;

struct Message {
  std::string_view payload;  // relayed exactly as it is
  bool binary = false;
};

// Members and what they are sent. Knows its members by plain pointers; a client leaves before it dies.
class Room {
 public:
  explicit Room(SegmentPool& pool) : stream_(pool) {}

  const std::vector<Client*>& members() const { return members_; }
  const Stream& stream() const { return stream_; }

 private:
  friend class Hub;
  friend class Client;

  void add(Client& client);
  void remove(Client& client);
  void place(Client& client, size_t index);

  Stream stream_;
  std::vector<Client*> members_;
  size_t next_ = 0;  // of members_, in a flush that is under way; those before it have been served
  Time flushed_at_ = -1;
  Time due_ = 0;
  bool dirty_ = false;  // in one of the hub's queues
  bool again_ = false;  // something came while a flush was under way
  Room* next_dirty_ = nullptr;
};

}  // namespace lws_chat
