#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/reply.h"

// Replies as a Redis server gives them.
namespace unit {

inline lws_chat::RedisReply reply_of(lws_chat::RedisReply::Kind kind, std::string_view text = {}) {
  lws_chat::RedisReply reply;
  reply.kind = kind;
  reply.text = text;
  return reply;
}
inline lws_chat::RedisReply text(std::string_view bytes) { return reply_of(lws_chat::RedisReply::Kind::kText, bytes); }
inline lws_chat::RedisReply error(std::string_view line) { return reply_of(lws_chat::RedisReply::Kind::kError, line); }
inline lws_chat::RedisReply lost() { return reply_of(lws_chat::RedisReply::Kind::kLost); }
inline lws_chat::RedisReply integer(int64_t number) {
  lws_chat::RedisReply reply = reply_of(lws_chat::RedisReply::Kind::kInteger);
  reply.integer = number;
  return reply;
}
inline lws_chat::RedisReply array(std::vector<lws_chat::RedisReply> items) {
  lws_chat::RedisReply reply = reply_of(lws_chat::RedisReply::Kind::kArray);
  reply.items = std::move(items);
  return reply;
}

}  // namespace unit
