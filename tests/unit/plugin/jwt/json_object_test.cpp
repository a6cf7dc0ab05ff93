#include "jwt/json_object.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string problem_of(std::string_view text) {
  JsonObject object;
  return object.read(text);
}

}  // namespace

TEST(an_object_that_can_be_read_in_two_ways_is_refused) {
  CHECK_EQ(problem_of(R"({"a":1,"b":{"a":2}})"), "");
  CHECK_EQ(problem_of(R"({"a":1,"a":1})"), "has a member twice");
  CHECK_EQ(problem_of(R"({"alg":1,"\u0061lg":2})"), "has a member twice");
  for (const char* text : {"", "[]", "1", "{", R"({"a":1}x)", R"({"a":1,})", "{a:1}", "{'a':1}", "\"{}\"", "null"})
    CHECK_EQ(problem_of(text), "is not a JSON object");
  CHECK_EQ(problem_of("{\"a\":\"\xff\"}"), "is not UTF-8");
  std::string deep = "{\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}";
  CHECK_EQ(problem_of(deep), "is not a JSON object");
}

TEST(a_member_that_is_null_counts_as_absent) {
  JsonObject object;
  CHECK_EQ(object.read(R"({"a":null,"b":"text","c":5,"d":"\ud800"})"), "");
  std::string text = "unchanged";
  CHECK(!object.find("a"));
  CHECK(object.read_text("a", text));
  CHECK(object.read_text("none", text));
  CHECK_EQ(text, "unchanged");
  CHECK(object.read_text("b", text));
  CHECK_EQ(text, "text");
  CHECK(!object.read_text("c", text));
  CHECK(!object.read_text("d", text));
  CHECK_EQ(text, "text");
}
