#pragma once

#include <string_view>

#include "redis/link.h"

namespace unit {

// A link needs a listener, and this test only its commands.
struct QuietListener final : lws_chat::RedisLink::Listener {
  void up(lws_chat::Time) override {}
  void down(std::string_view, lws_chat::Time) override {}
  void deaf(lws_chat::Time) override {}
  void hears(lws_chat::Time) override {}
  void subscribed(std::string_view, lws_chat::Time) override {}
  void message(std::string_view, std::string_view, lws_chat::Time) override {}
};

}  // namespace unit
