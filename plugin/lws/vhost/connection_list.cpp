#include "lws/vhost/connection_list.h"

#include "lws/connection.h"

namespace lws_chat {

void ConnectionList::add(Connection& connection) {
  connection.next_ = first_;
  if (first_) first_->previous_ = &connection;
  first_ = &connection;
  ++size_;
}

void ConnectionList::remove(Connection& connection) {
  (connection.previous_ ? connection.previous_->next_ : first_) = connection.next_;
  if (connection.next_) connection.next_->previous_ = connection.previous_;
  if (next_ == &connection) next_ = connection.next_;
  --size_;
}

Connection* ConnectionList::step() {
  Connection* connection = next_;
  if (connection) next_ = connection->next_;
  return connection;
}

}  // namespace lws_chat
