#include "config/suggestion.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(a_word_is_suggested_only_if_it_is_near) {
  CHECK_EQ(nearest_word("prot", {"port", "name"}), "port");
  CHECK_EQ(nearest_word("xyzzy", {"port", "name"}), "");
}
