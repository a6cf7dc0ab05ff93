#include "wire/field.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(spaces_and_tabs_around_a_value_are_ignored) {
  for (std::string_view value : {"a b", " a b", "a b\t", "\t \ta b \t "}) CHECK_EQ(trimmed(value), "a b");
  for (std::string_view value : {"", " ", "\t \t"}) CHECK_EQ(trimmed(value), "");
}

TEST(the_case_of_a_token_does_not_matter) {
  CHECK(same_token("WebSocket", "websocket"));
  CHECK(same_token("", ""));
  for (std::string_view other : {"", "websocke", "websockets", "web-ocket"}) CHECK(!same_token(other, "websocket"));
  CHECK(!same_token("[", "{"));
}

TEST(a_list_contains_its_whole_tokens_only) {
  for (std::string_view token : {"keep-alive", "upgrade", "TE"}) CHECK(has_token("Keep-Alive ,\tUpgrade,,te", token));
  for (std::string_view token : {"keep", "alive", "up", "keep-alive, upgrade"})
    CHECK(!has_token("keep-alive, upgrade", token));
  CHECK(!has_token("", "close"));
}

TEST(a_media_type_ends_before_its_parameters) {
  for (std::string_view value : {"Application/JSON", "Application/JSON;charset=utf-8", "Application/JSON ; a=b"})
    CHECK_EQ(media_type(value), "Application/JSON");
  CHECK_EQ(media_type(""), "");
}

TEST(a_length_has_only_digits) {
  uint64_t length = 1;
  CHECK(read_content_length("0", length) && length == 0);
  CHECK(read_content_length("0012", length) && length == 12);
  CHECK(read_content_length("18446744073709551615", length) && length == UINT64_MAX);
  for (std::string_view value :
       {"", " ", "-0", "+5", "5 ", " 5", "5,5", "5, 5", "0x10", "1e3", "5.0", "five", "18446744073709551616"})
    CHECK(!read_content_length(value, length));
}
