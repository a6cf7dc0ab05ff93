// The keys of a Redis server that is a model, and what its commands do with them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ending.h"
#include "redis/reply.h"

namespace lws_chat::redis_model {

// What is under a key.
struct Value {
  std::map<std::string, std::string> hash{};
  std::map<uint64_t, std::string> stream{};
  std::map<std::string, int64_t> sorted{};
  std::string text{};
  Time until = kNever;
};
using Data = std::map<std::string, Value>;

using Words = std::vector<std::string>;

inline RedisReply integer(int64_t number) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kInteger;
  reply.integer = number;
  return reply;
}
inline RedisReply text(std::string_view bytes) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kText;
  reply.text = bytes;
  return reply;
}
inline RedisReply array(std::vector<RedisReply> items) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kArray;
  reply.items = std::move(items);
  return reply;
}
inline RedisReply error(std::string_view line) {
  RedisReply reply = text(line);
  reply.kind = RedisReply::Kind::kError;
  return reply;
}

class Keyspace {
 public:
  enum class Refuses : uint8_t { kNothing, kMore, kAll };  // memory is full; it is a replica

  Data data;
  Refuses refuses = Refuses::kNothing;

  // Forgets what is over.
  void expire(Time now) {
    for (auto key = data.begin(); key != data.end();) key = key->second.until <= now ? data.erase(key) : std::next(key);
  }

 protected:
  struct Refused {
    const char* line;
  };

  template <typename Work>
  RedisReply attempt(Time now, Work&& work) {
    expire(now);
    now_ = now;
    changed_ = false;
    try {
      return work();
    } catch (const Refused& refused) {
      return error(refused.line);
    }
  }

  // Before each command that writes. A script that has changed something is not stopped any more.
  void write(bool needs_memory) {
    if (!changed_ && refuses == Refuses::kAll) throw Refused{"READONLY You can't write against a read only replica."};
    if (!changed_ && refuses == Refuses::kMore && needs_memory) throw Refused{"OOM command not allowed"};
    changed_ = true;
  }

  Value* find(const std::string& key) {
    auto found = data.find(key);
    return found == data.end() ? nullptr : &found->second;
  }
  std::string field(const std::string& key, const std::string& name) {
    Value* value = find(key);
    if (!value) return {};
    auto found = value->hash.find(name);
    return found == value->hash.end() ? std::string() : found->second;
  }
  bool has_field(const std::string& key, const std::string& name) {
    Value* value = find(key);
    return value && value->hash.count(name) > 0;
  }
  void set_field(const std::string& key, const std::string& name, const std::string& value) {
    write(true);
    data[key].hash[name] = value;
  }
  int64_t add_to_field(const std::string& key, const std::string& name, int64_t more) {
    write(true);
    std::string& value = data[key].hash[name];
    value = std::to_string(std::strtoll(value.c_str(), nullptr, 10) + more);
    return std::strtoll(value.c_str(), nullptr, 10);
  }
  void drop_field(const std::string& key, const std::string& name) {
    write(false);
    Value* value = find(key);
    if (value && value->hash.erase(name) > 0 && value->hash.empty()) data.erase(key);
  }
  void drop_sorted(const std::string& key, const std::string& name) {
    write(false);
    Value* value = find(key);
    if (value && value->sorted.erase(name) > 0 && value->sorted.empty()) data.erase(key);
  }
  void expire_after(const std::string& key, const std::string& seconds) {
    write(false);
    if (Value* value = find(key)) value->until = now_ + std::strtoll(seconds.c_str(), nullptr, 10) * 1'000'000;
  }
  void drop(const std::string& key) {
    write(false);
    data.erase(key);
  }

  Time now_ = 0;

 private:
  bool changed_ = false;
};

}  // namespace lws_chat::redis_model
