#include "redis/reply_reader.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace lws_chat {
namespace {

// A server may announce more items than it sends.
constexpr size_t kMostReserved = 1024;

using Building = ReplyReader::Building;

// Where hiredis wants a value: the root, or another item of an array. The objects of hiredis' tasks are RedisReply. An
// open array does not move in memory, because its own array gets no more items until it is complete.
RedisReply* place_of(Building& building, const redisReadTask* task) {
  if (!task->parent) {
    building.root = RedisReply{};
    return &building.root;
  }
  auto& items = static_cast<RedisReply*>(task->parent->obj)->items;
  return &items.emplace_back();
}

// Takes an item with so many more bytes into account. Returns false if that is too much.
bool has_room(Building& building, uint64_t bytes) {
  building.bytes += sizeof(RedisReply);
  building.too_large = building.bytes > building.most || bytes > building.most - building.bytes;
  if (!building.too_large) building.bytes += static_cast<size_t>(bytes);
  return !building.too_large;
}

// hiredis is C: no exception may go through it. It takes nullptr for a lack of memory.
template <typename Fill>
void* made(const redisReadTask* task, size_t bytes, Fill fill) noexcept {
  try {
    auto* building = static_cast<Building*>(task->privdata);
    if (!has_room(*building, bytes)) return nullptr;
    RedisReply* reply = place_of(*building, task);
    fill(*reply);
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

size_t depth_of(const redisReadTask* task) {
  size_t depth = 1;
  for (; task->parent; task = task->parent) ++depth;
  return depth;
}

void* make_string(const redisReadTask* task, char* bytes, size_t size) {
  return made(task, size, [&](RedisReply& reply) {
    reply.kind = task->type == REDIS_REPLY_ERROR ? RedisReply::Kind::kError : RedisReply::Kind::kText;
    reply.text.assign(bytes, size);
  });
}

// hiredis 1.0 made a size_t of the int. What the items need counts when they come.
template <typename Count>
void* make_array(const redisReadTask* task, Count count) {
  auto* building = static_cast<Building*>(task->privdata);
  building->too_deep = depth_of(task) > ReplyReader::kDeepest;
  building->too_large = static_cast<size_t>(count) > building->most / sizeof(RedisReply);
  if (building->too_deep || building->too_large) return nullptr;
  return made(task, 0, [&](RedisReply& reply) {
    reply.kind = RedisReply::Kind::kArray;
    reply.items.reserve(std::min(static_cast<size_t>(count), kMostReserved));
  });
}

void* make_integer(const redisReadTask* task, long long value) {
  return made(task, 0, [&](RedisReply& reply) {
    reply.kind = RedisReply::Kind::kInteger;
    reply.integer = value;
  });
}

void* make_nil(const redisReadTask* task) {
  return made(task, 0, [](RedisReply& reply) { reply.kind = RedisReply::Kind::kNil; });
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

ReplyReader::ReplyReader(size_t most) : building_{{}, most} {
  static redisReplyObjectFunctions made_here = functions();
  reader_.reset(redisReaderCreateWithFunctions(&made_here));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = &building_;
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
  if (!whole) {
    check_rest();
    return false;
  }
  reply = std::exchange(building_.root, {});
  building_.bytes = 0;
  return true;
}

// What remains is one line, whole or not, and behind a whole one a part of the text whose size the line is. hiredis
// searches the line's end anew whenever bytes come.
void ReplyReader::check_rest() {
  std::string_view rest(reader_->buf + reader_->pos, reader_->len - reader_->pos);
  size_t end = rest.substr(0, kLongestLine).find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() >= kLongestLine) problem_ = "a line of more than " + std::to_string(kLongestLine) + " bytes";
    return;
  }
  uint64_t size = 0;
  std::from_chars(rest.data(), rest.data() + end, size);
  building_.too_large = size > building_.most || building_.bytes + rest.size() > building_.most;
  if (building_.too_large) fail();
}

void ReplyReader::fail() {
  problem_ = "no memory";  // so short that it needs none
  if (building_.too_large)
    problem_ = "a reply that needs more than " + std::to_string(building_.most) + " bytes";
  else if (building_.too_deep)
    problem_ = "arrays within arrays";
  else if (reader_->err != REDIS_ERR_OOM)
    problem_ = reader_->errstr;
}

}  // namespace lws_chat
