#include "wire/base64.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string decoded(std::string_view text) { return decode_base64url(text).value_or("refused"); }
std::string decoded_standard(std::string_view text) { return decode_base64(text).value_or("refused"); }

}  // namespace

// RFC 4648 section 10.
TEST(the_vectors_of_rfc_4648_are_encoded_and_decoded) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK_EQ(base64url(bytes), text);
    CHECK_EQ(decoded(text), bytes);
  }
  CHECK_EQ(decoded_standard("Zg=="), "f");
  CHECK_EQ(decoded_standard("Zm8="), "fo");
  CHECK_EQ(decoded_standard("Zm9v"), "foo");
  CHECK_EQ(decoded_standard(""), "");
}

TEST(every_byte_survives_the_way_there_and_back) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  for (size_t size = 0; size <= bytes.size(); ++size)
    CHECK(decode_base64url(base64url(bytes.substr(256 - size))) == bytes.substr(256 - size));
  CHECK_EQ(base64url("\xfb\xff"), "-_8");
}

TEST(a_second_text_for_the_same_bytes_is_refused) {
  // Padding, bits behind the last byte, line ends, blanks, and the other alphabet.
  for (const char* text : {"Zg==", "Zg=", "Zh", "Zm9", "Zm9v\n", "Zm9v ", " Zm9v", "Zm\n9v", "-_8=", "+/8", "Zm9vYg.",
                           "Z", "Zm9vY", "Zm9v\xc3\xa4"})
    CHECK_EQ(decoded(text), "refused");
  CHECK_EQ(decoded(std::string_view("Zm9v\0", 5)), "refused");
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm8", "Zm9=", "Zm9v\n", "-_8=", "====", "=", "Z===", "Zg==Zg=="})
    CHECK_EQ(decoded_standard(text), "refused");
}
