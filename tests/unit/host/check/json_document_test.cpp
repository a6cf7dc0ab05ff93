#include "host/check/json_document.h"

#include "support/unit.h"

namespace {

using lws_chat::JsonDocument;
using lws_chat::LineColumn;

std::string text(LineColumn at) { return std::to_string(at.line) + ":" + std::to_string(at.column); }

// "2:3 MESSAGE", or empty.
std::string fault(std::string_view json) {
  JsonDocument document(json);
  if (document.error().text.empty()) return "";
  return text(document.error().at) + " " + document.error().text;
}

const cJSON* get(const cJSON* object, const char* name) { return cJSON_GetObjectItemCaseSensitive(object, name); }

}  // namespace

TEST(every_value_and_key_has_a_position) {
  JsonDocument document("{ \"a\": 1,\n  \"list\": [ true,\n    { \"b\" :\n \"x\" }, [] ],\n\t\"c\": {\"d\": null} }");
  const cJSON* root = document.root();
  CHECK(root != nullptr);
  CHECK_EQ(text(document.value_position(root)), "1:1");
  CHECK_EQ(text(document.key_position(root)), "1:1");
  CHECK_EQ(text(document.key_position(get(root, "a"))), "1:3");
  CHECK_EQ(text(document.value_position(get(root, "a"))), "1:8");
  const cJSON* list = get(root, "list");
  CHECK_EQ(text(document.value_position(list)), "2:11");
  CHECK_EQ(text(document.value_position(list->child)), "2:13");
  CHECK_EQ(text(document.key_position(list->child)), "2:13");
  const cJSON* b = get(list->child->next, "b");
  CHECK_EQ(text(document.key_position(b)), "3:7");
  CHECK_EQ(text(document.value_position(b)), "4:2");
  CHECK_EQ(text(document.value_position(list->child->next->next)), "4:9");
  const cJSON* c = get(root, "c");
  CHECK_EQ(text(document.key_position(c)), "5:2");
  CHECK_EQ(text(document.value_position(get(c, "d"))), "5:13");
}

TEST(columns_count_code_points) {
  JsonDocument document("{\"關閉\": \"喔\", \"b\": 1}");
  CHECK_EQ(text(document.key_position(get(document.root(), "b"))), "1:13");
}

TEST(comments_become_blanks_outside_strings_only) {
  CHECK_EQ(lws_chat::blank_comments("a # b\n\"#\" # \"\nc#"), "a    \n\"#\"    \nc ");
  CHECK_EQ(lws_chat::blank_comments("\"\\\"#\" #x"), "\"\\\"#\"   ");
  CHECK_EQ(lws_chat::blank_comments("\"open\n# x"), "\"open\n   ");
}

TEST(a_commented_file_keeps_its_positions) {
  JsonDocument document("# first { \"\n{ # \xe5\x96\x94\n  \"a\": \"#\" # \" }\n}\n# last");
  CHECK_EQ(document.error().text, "");
  CHECK_EQ(text(document.value_position(get(document.root(), "a"))), "3:8");
  CHECK_EQ(std::string(get(document.root(), "a")->valuestring), "#");
}

TEST(all_kinds_of_values_are_read) {
  for (const char* json : {"0", "-1", "1.5", "true", "false", "null", "\"\"", "[]", "{}", " [1, [2], {\"a\": []}] ",
                           "\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9\"", "\r\n{\t}\r\n"})
    CHECK_EQ(fault(json), "");
}

TEST(a_comma_before_a_closing_bracket_is_an_error_at_the_comma) {
  CHECK_EQ(fault("{\n \"a\": 1,\n}"), "2:8 unexpected ',' (JSON allows no comma before })");
  CHECK_EQ(fault("[1, 2 , ]"), "1:7 unexpected ',' (JSON allows no comma before ])");
}

TEST(a_missing_comma_is_an_error) {
  CHECK_EQ(fault("{\"a\": 1\n \"b\": 2}"), "2:2 unexpected '\"', expected ',' or '}' after the value");
  CHECK_EQ(fault("[1 2]"), "1:4 unexpected '2', expected ',' or ']' after the value");
}

TEST(a_missing_colon_is_an_error) { CHECK_EQ(fault("{\"a\" 1}"), "1:6 unexpected '1', expected ':' after a key"); }

TEST(a_missing_key_is_an_error) {
  CHECK_EQ(fault("{a: 1}"), "1:2 unexpected 'a', expected a key in double quotes or '}'");
  CHECK_EQ(fault("{\"a\": 1, b: 2}"), "1:10 unexpected 'b', expected a key in double quotes");
  CHECK_EQ(fault("{'a': 1}"), "1:2 unexpected ''' (JSON needs double quotes), expected a key in double quotes or '}'");
}

TEST(a_missing_value_is_an_error) {
  CHECK_EQ(fault("{\"a\": }"), "1:7 unexpected '}', expected a value");
  CHECK_EQ(fault("{\"a\": yes}"), "1:7 unexpected 'yes', expected a value (a text needs double quotes)");
  CHECK_EQ(fault("[truely]"), "1:2 unexpected 'truely', expected a value (a text needs double quotes)");
  CHECK_EQ(fault("[,1]"), "1:2 unexpected ',', expected a value");
  CHECK_EQ(fault("[喔]"), "1:2 unexpected '喔', expected a value");
}

TEST(a_comment_of_another_language_gets_a_hint) {
  CHECK_EQ(fault("{ // no\n}"), "1:3 unexpected '/' (a comment begins with #), expected a key in double quotes or '}'");
}

TEST(a_typographic_quote_is_named) {
  for (const char* quote : {"\u201c", "\u201d", "\u201e", "\u2019", "\u00ab", "\uff02"})
    CHECK_EQ(fault("{" + std::string(quote) + "a\": 1}"),
             "1:2 unexpected '" + std::string(quote) +
                 "' (a typographic quote; JSON needs the straight one, \"), expected a key in double quotes or '}'");
  CHECK_EQ(
      fault("{\"a\u201d: 1,\n\"b\": 2}"),
      "1:2 string is not closed (\u201d is a typographic quote, which does not close it), expected '\"' before the end "
      "of the line");
  CHECK_EQ(fault("{\"a\": \"\u201cb\u201d\"}"), "");
}

TEST(an_invisible_character_is_named) {
  CHECK_EQ(fault("{\u00a0\"a\": 1}"), "1:2 unexpected no-break space U+00A0, expected a key in double quotes or '}'");
  CHECK_EQ(fault("{\"a\":\u3000 1}"), "1:6 unexpected ideographic space U+3000, expected a value");
}

TEST(an_unclosed_string_is_an_error_at_its_beginning) {
  CHECK_EQ(fault("{\"a\": \"x,\n \"b\": 1}"), "1:7 string is not closed, expected '\"' before the end of the line");
  CHECK_EQ(fault("{\"a"), "1:2 string is not closed, expected '\"' before the end of the line");
}

TEST(an_early_end_is_an_error_that_counts_the_open_brackets) {
  CHECK_EQ(fault("\n\n{\"a\": ["), "3:8 unexpected end of file, 2 brackets are still open, the first at line 3");
  CHECK_EQ(fault("{\n\"a\": 1\n"), "3:1 unexpected end of file, 1 bracket is still open, from line 1");
}

TEST(a_wrong_closing_bracket_is_an_error_that_names_the_right_one) {
  CHECK_EQ(fault("{\"a\": [\n1}"), "2:2 unexpected '}', expected ']' to close the bracket of line 1");
}

TEST(text_after_the_document_is_an_error) {
  CHECK_EQ(fault("{}\n}"), "2:1 unexpected '}' after the end of the document");
  CHECK_EQ(fault("{} {}"), "1:4 unexpected '{' after the end of the document");
}

TEST(a_file_of_blanks_is_an_error) {
  CHECK_EQ(fault(""), "1:1 only blanks and comments, expected an object { }");
  CHECK_EQ(fault("# x\n \n"), "1:1 only blanks and comments, expected an object { }");
}

TEST(bad_escapes_are_errors) {
  CHECK_EQ(fault("[\"a\\x\"]").substr(0, 30), "1:4 unknown escape in a string");
  CHECK_EQ(fault("[\"\\u12g4\"]"), "1:3 expected four hexadecimal digits after \\u");
  CHECK_EQ(fault("[\"\\u0000\"]"), "1:3 \\u0000 is a zero byte, where libwebsockets ends the text: remove it");
  CHECK_EQ(fault("[\"\\ud83d\\ude00\"]"),
           "1:3 libwebsockets does not read surrogate pairs, expected the character itself in UTF-8");
  CHECK_EQ(fault("[\"a\tb\"]"), "1:4 control character 0x09 in a string, expected an escape such as \\t");
}

TEST(bad_numbers_are_errors) {
  CHECK_EQ(fault("[-]"), "1:3 unexpected ']', expected a digit after '-'");
  CHECK_EQ(fault("[010]"), "1:2 a number must not begin with 0");
  CHECK_EQ(fault("[1.]"), "1:4 unexpected ']', expected a digit after the decimal point");
  CHECK_EQ(fault("[1e3]"), "1:2 libwebsockets does not read exponents, expected the number in plain digits");
  CHECK_EQ(fault("[123456789012345678901]"), "1:2 number of 21 digits, expected at most 20");
  CHECK_EQ(fault("[+1]"), "1:2 unexpected '+', expected a value");
}

TEST(bytes_that_are_not_utf8_are_errors) {
  CHECK_EQ(fault("\xEF\xBB\xBF{}"), "1:1 the file begins with a byte order mark, expected UTF-8 without one");
  CHECK_EQ(fault(std::string_view("{}\n\0", 4)), "2:1 byte 0x00 in the file, expected text in UTF-8");
  CHECK_EQ(fault("{}\n# caf\xe9\n"), "2:6 byte 0xe9 is not UTF-8, expected a file in UTF-8");
}

TEST(endless_nesting_is_refused) {
  CHECK_EQ(fault(std::string(200, '[')), "1:101 nested too deeply");
  CHECK_EQ(fault(std::string(100, '[') + std::string(100, ']')), "");
}

TEST(a_document_can_be_moved) {
  JsonDocument first("{\"a\": 1}");
  JsonDocument second(std::move(first));
  CHECK_EQ(text(second.value_position(get(second.root(), "a"))), "1:7");
}
