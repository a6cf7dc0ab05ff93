#include "core/log/block_pool.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

struct Plain : Block {
  int mark = 7;
};

}  // namespace

TEST(a_block_has_the_requested_size_and_is_reused) {
  BlockPool pool;
  Plain* first = pool.take<Plain>(BlockKind::kStream, nullptr, 0, 100);
  CHECK(first->capacity >= 100);
  CHECK_EQ(first->used, 0u);
  CHECK_EQ(first->mark, 7);
  CHECK_EQ(pool.bytes_in_use(), 1024u);
  first->mark = 8;
  pool.give(first);
  CHECK_EQ(pool.bytes_in_use(), 0u);
  Plain* again = pool.take<Plain>(BlockKind::kStream, nullptr, 0, 100);
  CHECK(again == first);
  CHECK_EQ(again->mark, 7);
  pool.give(again);
}

TEST(a_request_above_a_class_gets_the_next_larger_class) {
  BlockPool pool;
  Plain* block = pool.take<Plain>(BlockKind::kStream, nullptr, 0, 2000);
  CHECK_EQ(block->size_class, 1u);
  pool.give(block);
}

TEST(a_block_above_all_classes_has_the_requested_size) {
  BlockPool pool;
  Plain* block = pool.take<Plain>(BlockKind::kHistory, nullptr, 0, 100000);
  CHECK_EQ(block->capacity, 100000u);
  CHECK(pool.bytes_in_use() >= 100000);
  pool.give(block);
  CHECK_EQ(pool.bytes_in_use(), 0u);
}

TEST(the_oldest_block_of_each_kind_is_known) {
  BlockPool pool;
  CHECK(!pool.oldest(BlockKind::kStream));
  Plain* a = pool.take<Plain>(BlockKind::kStream, nullptr, 0, 1);
  Plain* h = pool.take<Plain>(BlockKind::kHistory, nullptr, 0, 1);
  Plain* b = pool.take<Plain>(BlockKind::kStream, nullptr, 0, 1);
  Plain* c = pool.take<Plain>(BlockKind::kStream, nullptr, 0, 1);
  CHECK(pool.oldest(BlockKind::kStream) == a);
  CHECK(pool.oldest(BlockKind::kHistory) == h);
  pool.give(b);
  CHECK(pool.oldest(BlockKind::kStream) == a);
  pool.give(a);
  CHECK(pool.oldest(BlockKind::kStream) == c);
  pool.give(c);
  pool.give(h);
  CHECK(!pool.oldest(BlockKind::kStream) && !pool.oldest(BlockKind::kHistory));
}
