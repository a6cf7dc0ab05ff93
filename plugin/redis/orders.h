#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/control.h"

// Orders of back ends, as nodes give them to each other: methods of the server API
// (centrifugal.dev/docs/server/server_api) and their requests, as control commands. What has no command of Centrifugo's
// is a notification, which Centrifugo's nodes pass over.
namespace lws_chat {

// An order that came. The request is a JSON object.
struct Order {
  std::string method;
  std::string request;
};

// A command's body that has its texts.
class OrderBody {
 public:
  // Returns nothing if the request is not one of the method.
  static std::optional<OrderBody> of(std::string_view method, std::string_view request);

  const decltype(ControlCommand::body)& body() const { return body_; }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  friend class OrderReader;

  std::deque<std::string> texts_;  // which the body has views of
  decltype(ControlCommand::body) body_{};
};

// Returns nothing if the command is not an order.
std::optional<Order> read_order(const ControlCommand& command);

}  // namespace lws_chat
