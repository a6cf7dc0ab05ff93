#include "core/random.h"

#include <set>

#include "core/hub.h"
#include "support/hub_kinds.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

unsigned asked;
void count_up(unsigned char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(i / 8 + asked);
  ++asked;
}

void encode(FrameSink&, const Event&) {}

}  // namespace

TEST(numbers_come_from_the_source_in_blocks) {
  asked = 0;
  Random random(count_up);
  CHECK_EQ(random.next(), 0u);
  CHECK_EQ(random.next(), 0x0101010101010101u);
  CHECK_EQ(asked, 1u);
  for (int i = 2; i < 64; ++i) (void)random.next();
  CHECK_EQ(asked, 1u);
  CHECK_EQ(random.next(), 0x0101010101010101u);
  CHECK_EQ(asked, 2u);
}

TEST(random_numbers_of_the_system_do_not_repeat) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 10; ++i) {
    Random random(system_random);
    for (int j = 0; j < 100; ++j) CHECK(seen.insert(random.next()).second);
  }
}

TEST(every_bit_of_an_id_comes_from_the_source) {
  asked = 0;
  Hub::Settings settings;
  settings.random = count_up;
  Hub hub(settings, core_kinds(encode, encode));
  CHECK_EQ(hub.next_id(), "00000000000000001010101010101010");
  CHECK_EQ(hub.next_id(), "20202020202020203030303030303030");
}
