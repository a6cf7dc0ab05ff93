#include "wire/base64.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(base64_is_read) {
  std::string bytes;
  struct {
    const char* text;
    std::string bytes;
  } right[] = {{"", ""},
               {"Zg==", "f"},
               {"Zm8=", "fo"},
               {"Zm9v", "foo"},
               {"Zm9vYg==", "foob"},
               {"Zm9vYmE=", "fooba"},
               {"Zm9vYmFy", "foobar"},  // RFC 4648 section 10
               {"+/+/", "\xfb\xff\xbf"},
               {"AAAA", std::string(3, '\0')}};
  for (const auto& one : right) {
    CHECK(read_base64(one.text, bytes));
    CHECK_EQ(bytes, one.bytes);
  }
}

TEST(other_texts_are_not_base64) {
  std::string bytes;
  for (const char* wrong :
       {"Z", "Zg", "Zg=", "Zm9v=", "====", "=", "Z===", "Zg==Zg==", "Zm 9", "Zm9v\n", "-_-_", "Zh==", "Zm9="})
    CHECK(!read_base64(wrong, bytes));
}
