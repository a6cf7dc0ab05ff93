// Random operations on a hub. After each one, the hub is compared with the model.
//
//   property_hub [OPERATIONS [SEED]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "property/hub_model.h"

int main(int argc, char** argv) {
  long operations = argc > 1 ? std::atol(argv[1]) : 200000;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device()();
  std::printf("%ld operations, seed %u\n", operations, seed);
  std::fflush(stdout);
  // Several models in turn, because the strings of one would grow without limit.
  size_t deltas = 0;
  for (long done = 0; done < operations; done += 20000, ++seed) {
    std::mt19937 random(seed);
    lws_chat::model::Model model(
        [&random](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); });
    for (long i = std::min(operations - done, 20000L); i > 0; --i) model.step();
    model.finish();
    deltas += model.deltas();
  }
  if (deltas == 0) lws_chat::model::fail("nobody got a delta");
  std::printf("held; %zu deltas\n", deltas);
}
