#include "wire/fossil_delta.h"

#include <chrono>
#include <random>
#include <vector>

#include "core/utf8.h"
#include "support/fossil_applier.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string delta_of(std::string_view source, std::string_view target) {
  std::string delta;
  CHECK(make_fossil_delta(source, target, target.size() + 64, delta));
  CHECK(fossil::apply(source, delta) == std::optional<std::string>(target));
  return delta;
}

std::string repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

// The state of a match: some of it changes from one second to the next.
std::string state(int clock, int home, int guests, const std::string& events) {
  std::string json = "{\"clock\":" + std::to_string(clock) + ",\"score\":[" + std::to_string(home) + "," +
                     std::to_string(guests) + "],\"players\":[";
  for (int i = 1; i <= 22; ++i)
    json += "{\"number\":" + std::to_string(i) + ",\"name\":\"Player " + std::to_string(i * 7919) +
            "\",\"position\":\"midfield\",\"distance\":" + std::to_string(i * 131 + (i % 3 == clock % 3 ? clock : 0)) +
            ",\"cards\":[]},";
  return json + "null],\"events\":[" + events + "]}";
}

// A text of many characters of one to four bytes, from few different ones, so that bytes repeat in odd places.
std::string random_text(std::mt19937& random, size_t characters) {
  static const std::vector<std::string> kCharacters = {"a", "b", " ", "ä", "ö", "Ā", "好", "奼", "😀", "😁", "\n", "\""};
  std::string text;
  for (size_t i = 0; i < characters; ++i) text += kCharacters[random() % kCharacters.size()];
  return text;
}

}  // namespace

TEST(the_delta_is_what_the_format_says) {
  // Size, a copy of 26 bytes from place 0, a literal, a copy of the rest, checksum.
  std::string source = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string target = "abcdefghijklmnopqrstuvwxyz!?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string delta = delta_of(source, target);
  CHECK_EQ(delta.substr(0, delta.rfind(',') + 1), "10\nQ@0,2:!?_@Q,");
  CHECK_EQ(delta_of("", ""), "0\n0;");
  CHECK_EQ(delta_of("", "abc"), "3\n3:abc1XObC0;");
}

TEST(equal_texts_cost_a_few_bytes) {
  std::string text = state(17, 1, 0, "");
  CHECK(delta_of(text, text).size() < 20);
}

TEST(a_small_change_of_a_state_costs_little) {
  std::string before = state(100, 1, 0, "{\"kick-off\":0}");
  std::string after = state(101, 2, 0, "{\"kick-off\":0},{\"goal\":101}");
  std::string delta = delta_of(before, after);
  CHECK(delta.size() * 5 < after.size());
}

TEST(what_moved_is_found) {
  std::string a = state(1, 0, 0, "");
  std::mt19937 random(1);
  std::string b = random_text(random, 300);
  CHECK(delta_of(a + b, b + a).size() < 60);
  CHECK(delta_of(a, a + a).size() < 60);
}

TEST(a_delta_longer_than_allowed_is_not_made) {
  std::string source(1000, 'a');
  std::string target;
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) target += static_cast<char>(random());
  std::string delta;
  CHECK(!make_fossil_delta(source, target, target.size(), delta));
  CHECK(make_fossil_delta(source, source, 20, delta));
  size_t exact = delta.size();
  CHECK(make_fossil_delta(source, source, exact, delta));
  CHECK(!make_fossil_delta(source, source, exact - 1, delta));
}

TEST(a_delta_of_texts_is_a_text) {
  std::mt19937 random(42);
  for (int round = 0; round < 3000; ++round) {
    std::string part = random_text(random, random() % 100);
    std::string other = random_text(random, random() % 100);
    std::string source = part + random_text(random, 1) + other;
    std::string target = random_text(random, random() % 3) + other + random_text(random, 1) + part + source;
    CHECK(is_utf8(delta_of(source, target)));
  }
}

TEST(a_character_that_differs_in_its_last_byte_is_sent_whole) {
  std::string before = repeated("好", 30) + "奼" + repeated("好", 30);
  std::string after = repeated("好", 30) + "奾" + repeated("好", 30);
  CHECK(is_utf8(delta_of(before, after)));
  before = repeated("x", 40) + "\xc3\xa4" + repeated("y", 40);
  after = repeated("x", 40) + "\xc4\xa4" + repeated("y", 40);
  CHECK(is_utf8(delta_of(before, after)));
}

TEST(any_bytes_are_carried) {
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    // Few different bytes, among them those that look like the inside of a character.
    auto bytes = [&](size_t size) {
      std::string made;
      for (size_t i = 0; i < size; ++i) made += "\x80\xbf\xc3\x00 a"[random() % 6];
      return made;
    };
    std::string source = bytes(random() % 300);
    std::string target = source.substr(random() % (source.size() + 1)) + bytes(random() % 20) + source;
    (void)delta_of(source, target);
  }
}

// The bound on time: no content makes it quadratic. A quadratic search takes minutes here.
TEST(hostile_contents_take_no_longer_than_others) {
  constexpr size_t kSize = size_t{1} << 19;
  std::mt19937 random(5);
  std::string noise;
  while (noise.size() < kSize) noise += static_cast<char>(random());
  std::string same(kSize, 'a');
  std::string inside(kSize, '\x80');
  std::string nearly = repeated("aaaaaaab", kSize / 8);
  std::string other = repeated("aaaaaaac", kSize / 8);
  std::string lines = repeated("{\"a\":1},{\"a\":2},", kSize / 16);
  auto begin = std::chrono::steady_clock::now();
  for (const std::string* source : {&noise, &same, &inside, &nearly, &lines})
    for (const std::string* target : {&noise, &same, &inside, &other, &lines}) (void)delta_of(*source, *target);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

TEST(texts_over_the_limit_of_the_search_still_share_their_ends) {
  std::string before(size_t{3} << 20, 'a');
  std::string after = before;
  after[size_t{1} << 20] = 'b';
  CHECK(delta_of(before, after).size() < 40);
}
