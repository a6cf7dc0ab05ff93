#include "access/emulated_headers.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

const std::vector<std::string> kNames{"authorization", "x-own"};

std::string kept(std::string_view json) {
  HookHeaders headers;
  std::string problem = read_emulated_headers(json, kNames, headers);
  CHECK_EQ(problem, "");
  std::string text;
  for (const auto& [name, value] : headers) text += name + "=" + value + ";";
  return text;
}

std::string problem(std::string_view json) {
  HookHeaders headers{{"x-own", "before"}};
  std::string found = read_emulated_headers(json, kNames, headers);
  CHECK_EQ(headers.size(), 1u);
  return found;
}

}  // namespace

TEST(only_headers_with_these_names_are_kept) {
  CHECK_EQ(kept(R"({"Authorization":"Bearer 1","Cookie":"a=b","x-OWN":""})"), "authorization=Bearer 1;x-own=;");
  CHECK_EQ(kept(R"({"X-Own":"a\tb \u00fc"})"), "x-own=a\tb \xc3\xbc;");
  CHECK_EQ(kept("{}"), "");
  CHECK_EQ(kept("null"), "");
  CHECK_EQ(kept(""), "");
}

TEST(the_last_one_of_a_name_counts) { CHECK_EQ(kept(R"({"x-own":"1","X-Own":"2","x-own":null})"), "x-own=2;"); }

TEST(what_is_no_object_of_strings_is_refused) {
  for (const char* json : {R"(["x-own"])", R"("x-own")", "1", R"({"x-own":1})", R"({"other":{}})"})
    CHECK_EQ(problem(json), "headers must be an object of strings");
}

TEST(a_value_that_no_header_may_have_is_refused) {
  std::string expected = "headers: x-own has control characters or is longer than 4096 bytes";
  CHECK_EQ(problem(R"({"x-own":"a\r\nHost: b"})"), expected);
  CHECK_EQ(problem(R"({"x-own":"\u0000"})"), expected);
  CHECK_EQ(problem(R"({"x-own":")" + std::string(4097, 'a') + "\"}"), expected);
  CHECK_EQ(kept(R"({"cookie":"\r\n","x-own":")" + std::string(4096, 'a') + "\"}").size(), 4096 + 7u);
}
