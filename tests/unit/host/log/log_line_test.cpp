#include "host/log/log_line.h"

#include <vector>

#include "support/unit.h"
#include "wire/json.h"

using namespace lws_chat;

namespace {

constexpr int64_t kTime = 1795446692123;  // 2026-11-23T15:11:32.123Z

// Reads the message of a line back. "broken": the line is not one object of three texts.
std::string read_back(std::string_view message) {
  std::string line = json_line(kTime, "notice", message);
  if (line.empty() || line.find('\n') != line.size() - 1) return "broken";
  std::string_view rest = line;
  std::vector<JsonMember> members;
  if (!take_object(rest, members) || rest != "\n" || members.size() != 3) return "broken";
  if (members[0].name != "time" || members[1].name != "level" || members[2].name != "message") return "broken";
  for (const JsonMember& member : members)
    if (member.value.kind != JsonKind::kString) return "broken";
  return unquoted(members[2].value);
}

}  // namespace

TEST(a_json_line_is_one_object_with_time_level_and_message) {
  CHECK_EQ(json_line(kTime, "notice", "lws-chatd: all clients are closed\n"),
           "{\"time\":\"2026-11-23T15:11:32.123Z\",\"level\":\"notice\","
           "\"message\":\"lws-chatd: all clients are closed\"}\n");
}

TEST(a_line_for_the_journal_begins_with_its_priority) {
  CHECK_EQ(journal_line("error", "one\n"), "<3>one\n");
  CHECK_EQ(journal_line("warning", "two"), "<4>two\n");
  CHECK_EQ(journal_line("notice", ""), "<5>\n");
  CHECK_EQ(journal_line("info", "x"), "<6>x\n");
  CHECK_EQ(journal_line("debug", "x"), "<7>x\n");
}

TEST(milliseconds_always_have_three_digits) {
  CHECK_EQ(json_line(7, "error", ""), "{\"time\":\"1970-01-01T00:00:00.007Z\",\"level\":\"error\",\"message\":\"\"}\n");
  CHECK_EQ(json_line(1000, "error", "").substr(0, 33), "{\"time\":\"1970-01-01T00:00:01.000Z");
}

TEST(a_message_of_any_ascii_can_be_read_back) {
  std::string message;
  for (int c = 0; c < 128; ++c) message += static_cast<char>(c);
  CHECK_EQ(read_back(message), message);
  CHECK_EQ(read_back(R"(C:\ "quoted" {"a":1})"), R"(C:\ "quoted" {"a":1})");
}

TEST(a_message_of_several_lines_is_one_object) {
  CHECK_EQ(read_back("one\ntwo\r\nthree\n"), "one\ntwo\r\nthree");
  CHECK_EQ(read_back("\n"), "");
}

TEST(text_in_utf8_stays_as_it_is) { CHECK_EQ(read_back("vhost 聊天 é 😀"), "vhost 聊天 é 😀"); }

TEST(bytes_that_are_not_utf8_become_replacement_characters) {
  CHECK_EQ(read_back("/srv/\xff/conf"), "/srv/\xef\xbf\xbd/conf");
  CHECK_EQ(read_back("caf\xe9"), "caf\xef\xbf\xbd");
  CHECK_EQ(read_back("請\xe8\xab...\n"), "請\xef\xbf\xbd\xef\xbf\xbd...");
  CHECK_EQ(read_back("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // half a surrogate pair
  for (int c = 128; c < 256; ++c) CHECK_EQ(read_back(std::string(1, static_cast<char>(c))), "\xef\xbf\xbd");
}

TEST(a_text_line_has_the_time_the_level_and_the_message) {
  std::string line = text_line(kTime, "warning", "lws-chat: \"as it is\"\n");
  CHECK_EQ(line.substr(0, 6), "2026-1");
  CHECK_EQ(line.substr(19), ".123 warning: lws-chat: \"as it is\"\n");
  CHECK_EQ(text_line(kTime, "error", "no newline").substr(19), ".123 error: no newline\n");
}
