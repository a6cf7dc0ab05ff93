#include "redis/client_info.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string bytes_of(std::string_view json) {
  std::string bytes;
  append_client_info(bytes, json);
  return bytes;
}

std::string json_of(std::string_view bytes) {
  Identity who;
  return read_client_info(bytes, who) ? who.json : "refused";
}

std::string there_and_back(std::string_view json) { return json_of(bytes_of(json)); }

}  // namespace

TEST(every_identity_comes_back_as_the_same_bytes) {
  for (std::string json : {
           R"({"user":"u","client":"c"})",
           R"({"user":"","client":""})",
           R"({"user":"a \"b\" \\ \n \u0001 請","client":"c"})",
           R"({"user":"u","client":"c","conn_info":{"name": "N", "list":[1, 2.50]}})",
           R"({"user":"u","client":"c","conn_info":null,"chan_info":false})",
           R"({"user":"u","client":"c","chan_info":"x"})",
           R"({"user":"u","client":"c","b64conn_info":"/wA="})",
           R"({"client":"c","user":"u"})",
           R"({"client":"c"})",
           R"({"user":"u","client":"c","role":"admin"})",
           R"({ "user" : "u", "client" : "c" })",
           R"({"user":7,"client":null})",
           R"({"user":"\u0075","client":"c"})",
           R"({})",
       })
    CHECK_EQ(there_and_back(json), json);
}

TEST(what_is_no_json_object_is_nobody) {
  for (std::string_view json : {"", "[]", "{} {}", "{"}) CHECK_EQ(bytes_of(json), "");
}

TEST(user_and_client_are_known_without_the_json) {
  Identity who;
  CHECK(read_client_info(bytes_of(R"({"role":"admin","client":"c","user":"\u0075"})"), who));
  CHECK_EQ(who.user, "u");
  CHECK_EQ(who.client, "c");
}

// What centrifugo 6.9.1 makes of it.
TEST(bytes_are_those_of_centrifugo) {
  CHECK_EQ(bytes_of(R"({"user":"u","client":"c","conn_info":{"a":1},"chan_info":2})"),
           std::string("\x0a\x01u\x12\x01"
                       "c\x1a\x07{\"a\":1}\x22\x01"
                       "2"));
  CHECK_EQ(bytes_of(R"({"user":"","client":"c"})"), std::string("\x12\x01"
                                                                "c"));
}

TEST(infos_that_are_no_json_become_base64) {
  CHECK_EQ(json_of("\x12\x01"
                   "c\x1a\x02\xff\x01"),
           R"({"user":"","client":"c","b64conn_info":"/wE="})");
  CHECK_EQ(json_of("\x12\x01"
                   "c\x22\x03{a}"),
           R"({"user":"","client":"c","b64chan_info":"e2F9"})");
}

TEST(infos_become_one_line) {
  CHECK_EQ(json_of("\x12\x01"
                   "c\x1a\x08 [1,\r\n2]"),
           R"({"user":"","client":"c","conn_info":[1,  2]})");
}

TEST(malformed_bytes_are_refused) {
  std::string whole = bytes_of(R"({"user":"u","client":"c","role":"admin"})");
  for (size_t size : {1u, 2u, 4u, 5u, 7u, 8u, 20u}) CHECK_EQ(json_of(whole.substr(0, size)), "refused");
  CHECK_EQ(json_of("\x0a\x01\xff"), "refused");
  CHECK_EQ(json_of("\x12\x01\xff"), "refused");
  CHECK_EQ(json_of("\xff\xff\xff"), "refused");
  CHECK_EQ(json_of(std::string("\0\0", 2)), "refused");
}

TEST(a_whole_identity_must_be_an_object_on_one_line) {
  auto with_whole = [](std::string_view json) {
    std::string bytes = "\xca\x3e";
    bytes += static_cast<char>(json.size());
    return json_of(bytes.append(json));
  };
  CHECK_EQ(with_whole(R"({"role":"admin"})"), R"({"role":"admin"})");
  for (std::string_view json : {"[]", "{", "{}}", " {}", "{} ", "{\n}", "{\"a\":\xff}", "\"{}\""})
    CHECK_EQ(with_whole(json), "refused");
}

TEST(a_whole_identity_must_be_of_the_same_client) {
  std::string whole = bytes_of(R"({"user":"u","client":"c","role":"admin"})");
  CHECK_EQ(json_of(whole), R"({"user":"u","client":"c","role":"admin"})");
  std::string others = whole;
  others[2] = 'v';
  CHECK_EQ(json_of(others), "refused");
  others = whole;
  others[5] = 'd';
  CHECK_EQ(json_of(others), "refused");
}

TEST(unknown_fields_are_passed_over) {
  CHECK_EQ(json_of("\x12\x01"
                   "c\x28\x05\x32\x02xx\x08\x07"),
           R"({"user":"","client":"c"})");
}
