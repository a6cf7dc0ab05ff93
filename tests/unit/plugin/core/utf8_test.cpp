#include "core/utf8.h"

#include <string>

#include "support/unit.h"

using lws_chat::is_utf8;

TEST(characters_of_all_lengths_are_valid) {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain ASCII, longer than eight bytes"));
  CHECK(is_utf8("你要求我關閉喔!"));
  CHECK(is_utf8("\xf0\x9f\x98\x80"));
  CHECK(is_utf8(std::string_view("\0", 1)));
}

TEST(the_limits_of_rfc_3629_are_valid) {
  for (const char* text : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(is_utf8(text));
}

TEST(characters_beyond_the_limits_are_invalid) {
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe"})
    CHECK(!is_utf8(text));
}

TEST(a_truncated_character_is_invalid_at_any_place) {
  for (std::string whole : {"\xc3\xa9", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80"})
    for (size_t length = 1; length < whole.size(); ++length)
      for (size_t before = 0; before < 20; ++before) {
        std::string text = std::string(before, 'a') + whole.substr(0, length);
        CHECK(!is_utf8(text));
        CHECK(!is_utf8(text + "aaaaaaaaaaaaaaaa"));
        CHECK(is_utf8(std::string(before, 'a') + whole + "aaaaaaaaaaaaaaaa"));
      }
}

TEST(a_prefix_has_whole_characters) {
  CHECK_EQ(lws_chat::utf8_prefix("abc", 5), "abc");
  CHECK_EQ(lws_chat::utf8_prefix("abc", 2), "ab");
  CHECK_EQ(lws_chat::utf8_prefix("a\xe6\x88\x91", 3), "a");
  CHECK_EQ(lws_chat::utf8_prefix("a\xe6\x88\x91", 4), "a\xe6\x88\x91");
  CHECK_EQ(lws_chat::utf8_prefix("\xf0\x9f\x98\x80", 3), "");
  CHECK_EQ(lws_chat::utf8_prefix("", 0), "");
}
