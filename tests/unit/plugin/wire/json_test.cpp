#include "wire/json.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

// The unparsed value of "x" in an object with only this member. "broken": it cannot be read.
std::string slice(const std::string& value) {
  std::string text = "{ \"x\" : " + value + " }";
  std::string_view rest = text;
  std::vector<JsonMember> members;
  if (!take_object(rest, members)) return "broken";
  return std::string(members.at(0).value.text);
}

std::string text_of(const std::string& json) { return unquoted({JsonKind::kString, json}); }

}  // namespace

TEST(a_value_is_a_slice_of_the_input) {
  for (const char* value : {"1", "-0.50e+10", "123456789012345678901234567890", "1e400", "-1E-99999999999999999999",
                            "\"\\ud800\"", "true", "null", "\"\"", "\"a\\u00e9\\\"\\/\"", "[]", "[ 1 ,2]", "{}",
                            "{ \"b\":1, \"a\" : [ {\"b\":null} ] }", "\"請輸入\""})
    CHECK_EQ(slice(value), value);
}

TEST(members_keep_their_order_and_their_kinds) {
  std::string_view text = R"({"z":1,"a":"s","n":null,"t":true,"l":[1],"o":{"i":2}})";
  std::vector<JsonMember> members;
  CHECK(take_object(text, members));
  std::string names;
  for (const JsonMember& member : members) names += member.name;
  CHECK_EQ(names, "zantlo");
  CHECK(members[0].value.kind == JsonKind::kNumber);
  CHECK(members[1].value.kind == JsonKind::kString);
  CHECK(members[2].value.kind == JsonKind::kNull);
  CHECK(members[3].value.is_true());
  CHECK(members[4].value.kind == JsonKind::kArray);
  CHECK_EQ(members_of(members[5].value).at(0).value.text, "2");
}

TEST(objects_are_read_one_after_the_other) {
  std::string_view text = " {\"a\":1} {\"b\":2}rest";
  std::vector<JsonMember> members;
  CHECK(take_object(text, members));
  CHECK_EQ(text, " {\"b\":2}rest");
  CHECK(take_object(text, members));
  CHECK_EQ(members.at(0).name, "b");
  CHECK_EQ(text, "rest");
  CHECK(!take_object(text, members));
}

TEST(other_input_than_an_object_is_refused) {
  for (const char* bad : {"",
                          " ",
                          "1",
                          "[]",
                          "[{}]",
                          "\"x\"",
                          "null",
                          "{",
                          "{\"a\"}",
                          "{\"a\":}",
                          "{\"a\":1,}",
                          "{a:1}",
                          "{'a':1}",
                          "{\"a\":01}",
                          "{\"a\":+1}",
                          "{\"a\":.5}",
                          "{\"a\":\"\x01\"}",
                          "{\"a\":\"\\x\"}",
                          "{\"a\":tru}",
                          "{\"a\":\"\\ud80\"}",
                          "{\"a\":\"\\",
                          "{\"a\":-}",
                          "{\"a\":1.}",
                          "{\"a\":1e}",
                          "{\"a\":nul",
                          "{\"a\":1 \"b\":2}",
                          "{\"a\":NaN}"}) {
    std::string_view text = bad;
    std::vector<JsonMember> members;
    CHECK(!take_object(text, members));
  }
}

TEST(a_zero_byte_does_not_end_the_input) {
  std::string text("{\"a\":1\0}", 8);
  std::string_view rest = text;
  std::vector<JsonMember> members;
  CHECK(!take_object(rest, members));
}

TEST(any_single_value_is_json) {
  JsonValue value;
  auto is_json = [&value](std::string_view text) { return read_json(text, value); };
  for (const char* good : {"1", " \"x\" ", "[]", "{\"a\":[null]}\n", "false"}) CHECK(is_json(good));
  CHECK(is_json(" [1, 2]\n"));
  CHECK_EQ(value.text, "[1, 2]");
  for (const char* bad : {"", " ", "x", "1 2", "{}{}", "[1", "\"", "'x'"}) CHECK(!is_json(bad));
  CHECK(is_json(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')));
  CHECK(!is_json(std::string(kMaxJsonDepth + 1, '[') + std::string(kMaxJsonDepth + 1, ']')));
}

TEST(the_rest_begins_at_the_error) {
  auto left = [](std::string_view text) {
    std::vector<JsonMember> members;
    return take_object(text, members) ? std::string("whole") : std::string(text);
  };
  CHECK_EQ(left("{\"a\":1,}"), "}");
  CHECK_EQ(left("{\"a\":[1,tru]}"), "]}");
  CHECK_EQ(left("{\"a\":"), "");
}

TEST(nesting_is_limited) {
  auto nested = [](unsigned depth) { return slice(std::string(depth, '[') + std::string(depth, ']')); };
  CHECK(nested(kMaxJsonDepth - 1) != "broken");
  CHECK_EQ(nested(kMaxJsonDepth), "broken");
  CHECK_EQ(nested(1000000), "broken");
}

TEST(escapes_are_decoded) {
  CHECK_EQ(text_of(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  CHECK_EQ(text_of(R"("\u8acb\ud83d\ude00")"), "請😀");
  CHECK_EQ(text_of(R"("")"), "");
}

TEST(half_a_surrogate_pair_never_becomes_invalid_utf8) {
  CHECK_EQ(text_of(R"("x\ude00y")"), "x\xef\xbf\xbdy");
  CHECK_EQ(text_of(R"("\ud83dx")"), "\xef\xbf\xbdx");
  CHECK_EQ(text_of(R"("\ud83d\ud83d\ude00")"), "\xef\xbf\xbd😀");
  CHECK_EQ(text_of(R"("\ud83d\n")"), "\xef\xbf\xbd\n");
}

TEST(a_quoted_text_can_be_read_back) {
  std::string text;
  for (char c = 0; c < 127; ++c) text += c;
  text += "請輸入😀";
  std::string json;
  append_quoted(json, text);
  CHECK_EQ(slice(json), json);
  CHECK_EQ(text_of(json), text);
  CHECK(json.find('\n') == std::string::npos);
}

TEST(numbers_must_be_whole_and_in_range) {
  auto read = [](const char* text) {
    uint64_t number = 0;
    return read_number({JsonKind::kNumber, text}, 100, number) ? static_cast<int>(number) : -1;
  };
  CHECK_EQ(read("0"), 0);
  CHECK_EQ(read("100"), 100);
  for (const char* bad : {"101", "-1", "1.0", "1e1", "99999999999999999999999"}) CHECK_EQ(read(bad), -1);
  int64_t number = 0;
  CHECK(read_number({JsonKind::kNumber, "-1"}, -1, 5, number));
  CHECK_EQ(number, -1);
  CHECK(!read_number({JsonKind::kString, "\"1\""}, -1, 5, number));
}

TEST(half_of_a_surrogate_pair_is_found_wherever_it_stands) {
  auto half = [](const char* text) { return has_half_a_pair({JsonKind::kString, text}); };
  for (const char* text :
       {R"("")", R"("plain")", R"("\u00e9")", R"("\ud83d\ude00")", R"("a\ud83d\ude00b")", R"("\\ud800")"})
    CHECK(!half(text));
  for (const char* text : {R"("\ud800")", R"("\udfff")", R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")",
                           R"("\ude00\ud83d")", R"("\ud83d\ude00\ude00")", R"("\n\uDBFF")"})
    CHECK(half(text));
}
