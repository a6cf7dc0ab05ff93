#pragma once

#include <cstddef>

namespace lws_chat {

class Connection;

// The connections of a vhost, the newest first. They are the nodes of the list.
class ConnectionList {
 public:
  size_t size() const { return size_; }
  Connection* first() const { return first_; }

  void add(Connection& connection);
  void remove(Connection& connection);

  // Walks once through the list. Any connection may leave it between two steps. New ones are not visited.
  void begin_walk() { next_ = first_; }
  Connection* step();  // nullptr: the walk is over

 private:
  Connection* first_ = nullptr;
  Connection* next_ = nullptr;  // step of the walk
  size_t size_ = 0;
};

}  // namespace lws_chat
