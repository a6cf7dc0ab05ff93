#pragma once

#include <hiredis/read.h>

#include <cstddef>
#include <memory>
#include <string>

#include "redis/reply.h"

namespace lws_chat {

// Reads replies from a server's bytes, with hiredis' reader.
class ReplyReader {
 public:
  // Throws std::bad_alloc.
  ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Takes bytes, however they are split.
  void feed(const char* bytes, size_t size);

  // Moves the next whole reply to `reply`. Returns false if there is none: ask again after feed().
  [[nodiscard]] bool next(RedisReply& reply);

  // Why there will be no more replies: the bytes are not Redis' protocol, or there is no memory for them; empty: there
  // will.
  const std::string& problem() const { return problem_; }

 private:
  void fail();

  struct Free {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };

  RedisReply root_;  // is being read
  std::string problem_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace lws_chat
