// Random operations and crashes of a hub with a journal, compared with a simple model.
//
//   property_durable [OPERATIONS [SEED]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "property/durable_model.h"

int main(int argc, char** argv) {
  long operations = argc > 1 ? std::atol(argv[1]) : 200000;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device()();
  std::printf("%ld operations, seed %u\n", operations, seed);
  std::fflush(stdout);
  size_t recovered = 0, gaps = 0, crashes = 0, pages = 0;
  for (long done = 0; done < operations; done += 5000, ++seed) {
    lws_chat::durable_model::running_seed = seed;
    std::mt19937 random(seed);
    lws_chat::durable_model::Model model(
        [&random](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); });
    for (long i = std::min(operations - done, 5000L); i > 0; --i) model.step();
    model.finish();
    recovered += model.recovered;
    gaps += model.gaps;
    crashes += model.crashes;
    pages += model.pages;
  }
  std::printf("held; %zu recoveries, %zu gaps, %zu crashes, %zu pages\n", recovered, gaps, crashes, pages);
  if (operations >= 50000 && (recovered == 0 || gaps == 0 || crashes == 0 || pages == 0))
    lws_chat::durable_model::fail("something never happened");
}
