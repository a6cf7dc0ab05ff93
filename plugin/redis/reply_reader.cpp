#include "redis/reply_reader.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace lws_chat {
namespace {

// A server may announce more items than it sends.
constexpr size_t kMostReserved = 1024;

// Where hiredis wants a value: the root, or another item of an array. The objects of hiredis' tasks are RedisReply. An
// open array does not move in memory, because its own array gets no more items until it is complete.
RedisReply* place_of(const redisReadTask* task) {
  if (!task->parent) {
    auto* root = static_cast<RedisReply*>(task->privdata);
    *root = RedisReply{};
    return root;
  }
  auto& items = static_cast<RedisReply*>(task->parent->obj)->items;
  return &items.emplace_back();
}

// hiredis is C: no exception may go through it. It takes nullptr for a lack of memory.
template <typename Fill>
void* made(const redisReadTask* task, Fill fill) noexcept {
  try {
    RedisReply* reply = place_of(task);
    fill(*reply);
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* make_string(const redisReadTask* task, char* bytes, size_t size) {
  return made(task, [&](RedisReply& reply) {
    reply.kind = task->type == REDIS_REPLY_ERROR ? RedisReply::Kind::kError : RedisReply::Kind::kText;
    reply.text.assign(bytes, size);
  });
}

// hiredis 1.0 made a size_t of the int.
template <typename Count>
void* make_array(const redisReadTask* task, Count count) {
  return made(task, [&](RedisReply& reply) {
    reply.kind = RedisReply::Kind::kArray;
    reply.items.reserve(std::min(static_cast<size_t>(count), kMostReserved));
  });
}

void* make_integer(const redisReadTask* task, long long value) {
  return made(task, [&](RedisReply& reply) {
    reply.kind = RedisReply::Kind::kInteger;
    reply.integer = value;
  });
}

void* make_nil(const redisReadTask* task) {
  return made(task, [](RedisReply& reply) { reply.kind = RedisReply::Kind::kNil; });
}

void leave(void*) {}  // the root belongs to the ReplyReader

// What hiredis 1.0 added is for RESP3, which we do not ask for, and stays nullptr.
redisReplyObjectFunctions functions() {
  redisReplyObjectFunctions all{};
  all.createString = make_string;
  all.createArray = make_array;
  all.createInteger = make_integer;
  all.createNil = make_nil;
  all.freeObject = leave;
  return all;
}

}  // namespace

ReplyReader::ReplyReader() {
  static redisReplyObjectFunctions made_here = functions();
  reader_.reset(redisReaderCreateWithFunctions(&made_here));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = &root_;
}

void ReplyReader::feed(const char* bytes, size_t size) {
  if (problem_.empty() && redisReaderFeed(reader_.get(), bytes, size) != REDIS_OK) fail();
}

bool ReplyReader::next(RedisReply& reply) {
  if (!problem_.empty()) return false;
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) {
    fail();
    return false;
  }
  if (!whole) return false;
  reply = std::exchange(root_, {});
  return true;
}

void ReplyReader::fail() {
  problem_ = "no memory";  // so short that it needs none
  if (reader_->err != REDIS_ERR_OOM) problem_ = reader_->errstr;
}

}  // namespace lws_chat
