#include "core/log/block_pool.h"

#include <cassert>

namespace lws_chat {

BlockPool::~BlockPool() {
  assert(in_use_ == 0);
  for (Spare* list : spare_) {
    while (list) {
      Spare* next = list->next;
      ::operator delete(list);
      list = next;
    }
  }
}

Block BlockPool::prepare(BlockKind kind, Room* owner, uint32_t size_class, size_t header, size_t data) {
  while (size_class < kClasses && kBytes[size_class] - header < data) ++size_class;
  size_t capacity = size_class < kClasses ? kBytes[size_class] - header : data;
  return Block{nullptr, nullptr, owner, static_cast<uint32_t>(capacity), 0, size_class, kind};
}

void* BlockPool::memory(const Block& header, size_t header_size) {
  size_t bytes = header_size + header.capacity;
  if (header.size_class < kClasses && spare_[header.size_class]) {
    Spare* spare = spare_[header.size_class];
    spare_[header.size_class] = spare->next;
    spare_bytes_[header.size_class] -= bytes;
    in_use_ += bytes;
    return spare;
  }
  void* fresh = ::operator new(bytes);
  in_use_ += bytes;
  return fresh;
}

void BlockPool::recycle(const Block& header, size_t header_size, void* memory) {
  size_t bytes = header_size + header.capacity;
  uint32_t size_class = header.size_class;
  in_use_ -= bytes;
  if (size_class == kClasses || spare_bytes_[size_class] + bytes > kSpareBytes) return ::operator delete(memory);
  spare_[size_class] = new (memory) Spare{spare_[size_class]};
  spare_bytes_[size_class] += bytes;
}

void BlockPool::link(Block& block) {
  List& list = lists_[static_cast<size_t>(block.kind)];
  block.older = list.newest;
  (list.newest ? list.newest->newer : list.oldest) = &block;
  list.newest = &block;
}

void BlockPool::unlink(Block& block) {
  List& list = lists_[static_cast<size_t>(block.kind)];
  (block.older ? block.older->newer : list.oldest) = block.newer;
  (block.newer ? block.newer->older : list.newest) = block.older;
}

}  // namespace lws_chat
