#include "redis/shard.h"

#include <array>
#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr std::array<size_t, 6> kServers = {1, 2, 3, 5, 16, 1000};

struct Row {
  std::string_view room;
  std::array<size_t, 6> place;
};

}  // namespace

// The numbers are those of a program in Go: hash/fnv's New64a and the jump consistent hash of arxiv.org/abs/1406.2294
// in the arithmetic of Go, as Centrifugo has it.
TEST(a_room_is_on_the_server_where_centrifugo_looks_for_it) {
  constexpr Row kRows[] = {
      {"", {0, 1, 1, 1, 13, 266}},
      {"a", {0, 1, 2, 2, 12, 163}},
      {"chat:1", {0, 0, 0, 0, 15, 619}},
      {"news", {0, 1, 2, 3, 3, 81}},
      {"room-42", {0, 1, 1, 3, 15, 623}},
      {"日本", {0, 0, 0, 0, 14, 130}},
      {"a-rather-long-name-of-a-room:with:parts", {0, 1, 2, 2, 5, 235}},
  };
  for (const Row& row : kRows)
    for (size_t i = 0; i < kServers.size(); ++i) CHECK_EQ(server_of_room(row.room, kServers[i]), row.place[i]);
}

TEST(so_are_a_hundred_thousand_rooms_on_seven_servers) {
  size_t sum = 0;
  for (int i = 0; i < 100000; ++i) sum = (sum * 31 + server_of_room("r" + std::to_string(i), 7)) % 1000003;
  CHECK_EQ(sum, 91408u);
}

TEST(one_more_server_takes_its_share_and_moves_nothing_else) {
  int moved = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string room = "room-" + std::to_string(i);
    size_t before = server_of_room(room, 4), after = server_of_room(room, 5);
    if (before != after) CHECK_EQ(after, 4u);
    moved += before != after;
  }
  CHECK(moved > 1800 && moved < 2200);
}
