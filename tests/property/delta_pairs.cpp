// Writes random pairs of texts and the deltas between them, for delta_sdk.mjs: for each pair J (JSON) or B (bytes),
// then source, target and delta, each behind its size (four bytes, the lowest first).
//
//   property_delta_pairs PAIRS SEED
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "wire/fossil_delta.h"
#include "wire/json.h"

using namespace lws_chat;

namespace {

using Random = std::mt19937;

size_t pick(Random& random, size_t n) { return random() % n; }

std::string text(Random& random, size_t characters) {
  static constexpr std::string_view kCharacters[] = {"a",  "b", "0", "7",  " ",  "\"",   "\\",
                                                     "\n", "é", "ł", "好", "奼", "🏟", "🏠"};
  std::string made;
  for (size_t i = 0; i < characters; ++i) made += kCharacters[pick(random, std::size(kCharacters))];
  return made;
}

std::string bytes(Random& random, size_t size) {
  std::string made;
  size_t different = pick(random, 2) ? 4 : 256;
  for (size_t i = 0; i < size; ++i) made += static_cast<char>(0x7e + pick(random, different));
  return made;
}

// A list of objects of which many fields are the same.
std::string json(Random& random, uint64_t like) {
  Random same(static_cast<Random::result_type>(like));
  std::string made = "[";
  size_t count = pick(same, 40);
  size_t changed = pick(random, count + 1);
  for (size_t i = 0; i < count; ++i) {
    if (pick(random, 30) == 0) continue;
    std::string name = text(same, pick(same, 20));
    if (i == changed) name += text(random, 5);
    made += "{\"id\":" + std::to_string(i) + ",\"name\":";
    append_quoted(made, name);
    made += ",\"value\":" + std::to_string(pick(random, 4) == 0 ? random() : same()) + "},";
  }
  return made + "null]";
}

// Pieces of the source in another order, with something new in between.
template <typename Make>
std::string rearranged(Random& random, const std::string& source, Make make) {
  std::string made;
  for (size_t pieces = pick(random, 6); pieces > 0; --pieces) {
    made += source.substr(pick(random, source.size() + 1), pick(random, 200));
    made += make(random, pick(random, 12));
  }
  return made;
}

void write(std::string_view part) {
  uint32_t size = static_cast<uint32_t>(part.size());
  for (int shift = 0; shift < 32; shift += 8) std::putchar(static_cast<int>(size >> shift & 255));
  std::fwrite(part.data(), 1, part.size(), stdout);
}

void write_pair(char kind, std::string_view source, std::string_view target) {
  std::string delta;
  if (!make_fossil_delta(source, target, target.size() + 64, delta)) std::abort();
  std::putchar(kind);
  for (std::string_view part : {source, target, std::string_view(delta)}) write(part);
}

}  // namespace

int main(int argc, char** argv) {
  long pairs = argc > 1 ? std::atol(argv[1]) : 1000;
  Random random(argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device()());
  for (long i = 0; i < pairs; ++i) {
    std::string source, target;
    switch (pick(random, 4)) {
      case 0: {
        uint64_t like = random();
        write_pair('J', json(random, like), json(random, like));
        break;
      }
      case 1:
        append_quoted(source, text(random, pick(random, 300)));
        append_quoted(target, text(random, pick(random, 300)));
        write_pair('J', source, target);
        break;
      case 2: {
        std::string words = text(random, pick(random, 100));
        append_quoted(source, words + text(random, 3) + words);
        append_quoted(target, text(random, pick(random, 3)) + words + text(random, 1) + words + words);
        write_pair('J', source, target);
        break;
      }
      default: source = bytes(random, pick(random, 2000)); write_pair('B', source, rearranged(random, source, bytes));
    }
  }
}
