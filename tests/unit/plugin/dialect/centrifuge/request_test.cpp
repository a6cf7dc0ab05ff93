#include "dialect/centrifuge/request.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

Request request(std::string_view json) {
  static std::string kept;  // values point into it
  kept = json;
  std::string_view rest = kept;
  std::vector<JsonMember> members;
  CHECK(take_object(rest, members) && rest.empty());
  return Request(std::move(members));
}

}  // namespace

TEST(fields_have_their_values) {
  Request r = request(R"({"t":"a\u00e9","f":true,"n":18446744073709551615,"s":-5,"a":[1,"x"],"ts":["a","b"]})");
  CHECK_EQ(r.text("t"), "aé");
  CHECK(r.flag("f"));
  CHECK_EQ(r.number("n"), UINT64_MAX);
  CHECK_EQ(r.signed_number("s", -5, 5), -5);
  CHECK_EQ(r.array("a").size(), 2u);
  CHECK_EQ(r.array("a")[1].text, "\"x\"");
  CHECK_EQ(r.texts("ts").size(), 2u);
  CHECK_EQ(r.texts("ts")[1], "b");
  CHECK_EQ(r.problem(), "");
}

TEST(a_missing_or_null_field_has_no_value) {
  for (const char* json : {"{}", R"({"x":null})"}) {
    Request r = request(json);
    bool given = true;
    CHECK_EQ(r.text("x"), "");
    CHECK(!r.flag("x"));
    CHECK_EQ(r.number("x"), 0u);
    CHECK_EQ(r.signed_number("x", -1, 1), 0);
    CHECK_EQ(r.array("x").size() + r.texts("x").size(), 0u);
    CHECK_EQ(r.object("x", given).problem(), "");
    CHECK(!given);
    CHECK_EQ(r.problem(), "");
  }
}

TEST(json_is_returned_unchanged) {
  Request r = request(R"({"x": {"b" : 1.0} ,"n":null})");
  CHECK_EQ(r.json("x"), R"({"b" : 1.0})");
  CHECK_EQ(r.json("n"), "null");
  CHECK_EQ(r.json("none"), "");
}

TEST(a_field_of_the_wrong_type_is_an_error) {
  auto problem = [](const char* json, auto&& ask) {
    Request r = request(json);
    ask(r);
    return r.problem();
  };
  CHECK_EQ(problem(R"({"x":1})", [](Request& r) { (void)r.text("x"); }), "x must be a string");
  CHECK_EQ(problem(R"({"x":"true"})", [](Request& r) { (void)r.flag("x"); }), "x must be true or false");
  CHECK_EQ(problem(R"({"x":1.5})", [](Request& r) { (void)r.number("x"); }), "x must be a whole number");
  CHECK_EQ(problem(R"({"x":-1})", [](Request& r) { (void)r.number("x"); }), "x must be a whole number");
  CHECK_EQ(problem(R"({"x":18446744073709551616})", [](Request& r) { (void)r.number("x"); }),
           "x must be a whole number");
  CHECK_EQ(problem(R"({"x":6})", [](Request& r) { (void)r.signed_number("x", -5, 5); }),
           "x must be a whole number from -5 to 5");
  CHECK_EQ(problem(R"({"x":{}})", [](Request& r) { (void)r.array("x"); }), "x must be an array");
  CHECK_EQ(problem(R"({"x":["a",1]})", [](Request& r) { (void)r.texts("x"); }), "x must be an array of strings");
  CHECK_EQ(problem(R"({"x":[]})",
                   [](Request& r) {
                     bool given = false;
                     (void)r.object("x", given);
                   }),
           "x must be an object");
}

TEST(only_the_first_error_is_reported) {
  Request r = request(R"({"x":1,"y":2})");
  (void)r.text("y");
  (void)r.text("x");
  r.allow_only({});
  CHECK_EQ(r.problem(), "y must be a string");
}

TEST(an_inner_object_has_errors_of_its_own) {
  Request r = request(R"({"o":{"x":1}})");
  bool given = false;
  Request inside = r.object("o", given);
  CHECK(given);
  (void)inside.text("x");
  CHECK_EQ(inside.problem(), "x must be a string");
  CHECK_EQ(r.problem(), "");
}

TEST(an_unknown_field_is_an_error_with_a_shortened_name) {
  Request r = request(R"({"known":1,")" + std::string(500, 'u') + R"(":null})");
  r.allow_only({"known"});
  CHECK_EQ(r.problem(), "unknown field \"" + std::string(50, 'u') + "\"");
}

TEST(an_unsupported_field_is_allowed_if_it_is_empty) {
  Request quiet = request(R"({"a":null,"b":false,"c":0,"d":"","e":[],"f":{}})");
  quiet.refuse({"a", "b", "c", "d", "e", "f", "none"});
  CHECK_EQ(quiet.problem(), "");
  for (const char* json : {R"({"a":true})", R"({"a":1})", R"({"a":"x"})", R"({"a":[0]})", R"({"a":{"b":0}})"}) {
    Request loud = request(json);
    loud.refuse({"a"});
    CHECK_EQ(loud.problem(), "a is not available here");
  }
}
