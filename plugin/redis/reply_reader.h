#pragma once

#include <hiredis/read.h>

#include <cstddef>
#include <memory>
#include <string>

#include "redis/reply.h"

namespace lws_chat {

// Reads replies from a server's bytes, with hiredis' reader. A reply needs a bounded amount of memory, whatever the
// server sends and announces.
class ReplyReader {
 public:
  // Arrays within arrays, and bytes of a line. No answer to us comes near.
  static constexpr size_t kDeepest = 8;
  static constexpr size_t kLongestLine = size_t{64} * 1024;

  // A reply may need so many bytes of memory. Throws std::bad_alloc.
  explicit ReplyReader(size_t most);
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Changes the bound for the replies that are not whole yet.
  void allow(size_t most) { building_.most = most; }

  // Takes bytes, however they are split.
  void feed(const char* bytes, size_t size);

  // Moves the next whole reply to `reply`. Returns false if there is none: ask again after feed().
  [[nodiscard]] bool next(RedisReply& reply);

  // A reply has begun, and is not whole. Precondition: next() has just returned false.
  bool has_part() const { return building_.bytes > 0 || reader_->len > reader_->pos; }

  // Why there will be no more replies: the bytes are not Redis' protocol, a reply is too large, or there is no memory
  // for it; empty: there will.
  const std::string& problem() const { return problem_; }

  // The reply that is being read.
  struct Building {
    RedisReply root{};
    size_t most;       // bytes of memory that it may need
    size_t bytes = 0;  // that it needs so far
    bool too_deep = false;
    bool too_large = false;
  };

 private:
  void check_rest();
  void fail();

  struct Free {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };

  Building building_;
  std::string problem_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace lws_chat
