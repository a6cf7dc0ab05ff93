#include "core/room/room_name.h"

#include <string>

#include "support/unit.h"

using namespace lws_chat;

TEST(names_are_utf8_of_up_to_255_bytes) {
  for (const char* name : {"a", "lobby", "聊天室", "a b", "100%", "#", "...", ".a", "a:b", "\xc2\xa0"})
    CHECK(is_room_name(name));
  CHECK(is_room_name(std::string(255, 'x')));
}

TEST(empty_long_broken_or_invisible_names_are_refused) {
  CHECK(!is_room_name(""));
  CHECK(!is_room_name(std::string(256, 'x')));
  CHECK(!is_room_name("\xff"));
  CHECK(!is_room_name("a/b"));
  CHECK(!is_room_name("/"));
  // No URL can contain these names.
  CHECK(!is_room_name("."));
  CHECK(!is_room_name(".."));
  for (int c = 0; c < 0x20; ++c) CHECK(!is_room_name(std::string("a") + static_cast<char>(c)));
  CHECK(!is_room_name("\x7f"));
  CHECK(!is_room_name("\xc2\x80"));
  CHECK(!is_room_name("a\xc2\x9f"));
}
