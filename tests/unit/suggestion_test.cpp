#include "config/suggestion.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(the_nearest_word_is_only_given_when_it_is_near) {
  CHECK_EQ(nearest_word("prot", {"port", "name"}), "port");
  CHECK_EQ(nearest_word("xyzzy", {"port", "name"}), "");
}
