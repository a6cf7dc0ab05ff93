#include "core/log_text.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(plain_text_and_utf8_stay_unchanged) {
  CHECK_EQ(in_log(""), std::string("\"\""));
  CHECK_EQ(in_log("going home"), std::string("\"going home\""));
  CHECK_EQ(in_log("早安 ñ 🙂"), std::string("\"早安 ñ 🙂\""));
}

TEST(control_characters_cannot_forge_lines_or_colours) {
  CHECK_EQ(in_log("\x1b[31mRED\nforged\r\t"), std::string("\"\\x1b[31mRED\\nforged\\r\\t\""));
  CHECK_EQ(in_log(std::string_view("\0\x7f", 2)), std::string("\"\\x00\\x7f\""));
  CHECK_EQ(in_log("\xc2\x9b"
                  "31m"),
           std::string("\"\\xc2\\x9b"
                       "31m\""));  // U+009B, CSI
}

TEST(quotes_and_backslashes_cannot_end_the_text) { CHECK_EQ(in_log("a\" b\\"), std::string("\"a\\\" b\\\\\"")); }

TEST(characters_that_reverse_or_break_the_line_are_escaped) {
  CHECK_EQ(in_log("\u202e"), std::string("\"\\xe2\\x80\\xae\""));
  CHECK_EQ(in_log("\u2028"), std::string("\"\\xe2\\x80\\xa8\""));
  CHECK_EQ(in_log("\u2066"), std::string("\"\\xe2\\x81\\xa6\""));
  CHECK_EQ(in_log("\ufeff"), std::string("\"\\xef\\xbb\\xbf\""));
}

TEST(bytes_that_are_not_utf8_are_escaped_one_by_one) {
  CHECK_EQ(in_log("a\xff\xc3(z"), std::string("\"a\\xff\\xc3(z\""));
  CHECK_EQ(in_log("\xed\xa0\x80"), std::string("\"\\xed\\xa0\\x80\""));  // a surrogate
}

TEST(long_text_is_cut_off_between_two_characters) {
  CHECK_EQ(in_log("abcdef", 3), std::string("\"abc\"..."));
  CHECK_EQ(in_log("a早安", 5), std::string("\"a早\"..."));
  CHECK_EQ(in_log("abc", 3), std::string("\"abc\""));
  CHECK(in_log(std::string(100000, '\n')).size() <= 500);
}
