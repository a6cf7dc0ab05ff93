#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace lws_chat {

class Room;

enum class BlockKind : uint8_t { kStream, kHistory };

// The header of every block of memory. Its user derives from it; the data follows.
struct Block {
  Block* older;
  Block* newer;
  Room* owner;
  uint32_t capacity;  // bytes of data that fit
  uint32_t used;      // bytes of data that are filled
  uint32_t size_class;
  BlockKind kind;
};

// The memory of all rooms' streams and histories: blocks in four sizes. Blocks are reused, so that a room that is
// published to and read at the same pace allocates nothing. The pool knows its oldest block, which is freed first when
// memory is short.
class BlockPool {
 public:
  static constexpr uint32_t kClasses = 4;
  static constexpr std::array<uint32_t, kClasses> kBytes = {1024, 4096, 16384, 65536};

  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // Returns a block for `data` bytes: of the given size class, of a larger class if that is too small, or of its own
  // size if no class is large enough.
  template <typename Derived>
  Derived* take(BlockKind kind, Room* owner, uint32_t size_class, size_t data) {
    Block header = prepare(kind, owner, size_class, sizeof(Derived), data);
    auto* block = new (memory(header, sizeof(Derived))) Derived();
    static_cast<Block&>(*block) = header;
    link(*block);
    return block;
  }

  template <typename Derived>
  void give(Derived* block) {
    unlink(*block);
    recycle(*block, sizeof(Derived), block);
  }

  // Returns the next larger class, for data that keeps coming.
  static uint32_t larger(uint32_t size_class) { return size_class + 1 < kClasses ? size_class + 1 : kClasses - 1; }

  // Returns the block of a kind that was taken first; nullptr: there is none.
  Block* oldest(BlockKind kind) const { return lists_[static_cast<size_t>(kind)].oldest; }

  // Bytes of the blocks that are taken, without those that are kept for reuse.
  size_t bytes_in_use() const { return in_use_; }

 private:
  static constexpr size_t kSpareBytes = size_t{1024} * 1024;  // of each class, kept for reuse at most

  struct List {
    Block* oldest = nullptr;
    Block* newest = nullptr;
  };
  struct Spare {
    Spare* next;
  };

  static Block prepare(BlockKind kind, Room* owner, uint32_t size_class, size_t header, size_t data);
  void* memory(const Block& header, size_t header_size);
  void recycle(const Block& header, size_t header_size, void* memory);
  void link(Block& block);
  void unlink(Block& block);

  std::array<Spare*, kClasses> spare_{};
  std::array<size_t, kClasses> spare_bytes_{};
  std::array<List, 2> lists_{};
  size_t in_use_ = 0;
};

}  // namespace lws_chat
