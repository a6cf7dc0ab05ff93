#include "access/api_keys.h"

#include "support/config_dir.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr const char* kOne = "0123456789abcdef";
constexpr const char* kOther = "another-key-of-some-length";

}  // namespace

TEST(each_line_of_the_file_is_a_key) {
  ApiKeys keys;
  CHECK_EQ(keys.read(std::string("# of the shop\n") + kOne + "\r\n\n  " + kOther + "  "), "");
  CHECK(keys.has(kOne));
  CHECK(keys.has(kOther));
  for (const char* wrong : {"", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0", "# of the shop",
                            "0123456789abcdef0123456789abcdef"})
    CHECK(!keys.has(wrong));
}

TEST(an_invalid_key_is_refused_with_its_line_and_changes_nothing) {
  ApiKeys keys;
  CHECK_EQ(keys.read(kOne), "");
  CHECK_EQ(keys.read("\nshort"), "line 2: a key of 5 bytes, expected 16 to 200");
  CHECK_EQ(keys.read("key with blanks in it"), "line 1: a key must be ASCII without blanks");
  CHECK_EQ(keys.read(std::string(201, 'x')), "line 1: a key of 201 bytes, expected 16 to 200");
  CHECK_EQ(keys.read("# nothing\n"), "no key found, expected one per line");
  CHECK(keys.has(kOne));
}

TEST(keys_are_loaded_from_a_file) {
  unit::TempDir dir;
  dir.write("keys", std::string(kOther) + "\n");
  ApiKeys keys;
  CHECK_EQ(keys.load(dir.path("keys")), "");
  CHECK(keys.has(kOther));
  CHECK_EQ(keys.load(dir.path("none")), "missing, create it or correct the path");
  CHECK(keys.has(kOther));
}

TEST(without_keys_no_key_is_valid) {
  ApiKeys keys;
  CHECK(keys.empty());
  CHECK(!keys.has(""));
}
