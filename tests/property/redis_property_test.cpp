// Several nodes that share rooms through a model of Redis. Servers, connections and nodes fail at random.
//
//   property_redis [STEPS [SEED]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "property/redis_world.h"

int main(int argc, char** argv) {
  using namespace lws_chat::redis_model;
  constexpr long kSteps = 3000;  // of a world
  long steps = argc > 1 ? std::atol(argv[1]) : 60000;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device()();
  std::printf("%ld steps, seed %u\n", steps, seed);
  std::fflush(stdout);
  size_t gaps = 0, recovered = 0, losses = 0, delivered = 0, uncertain = 0, unavailable = 0, kept = 0;
  for (long done = 0; done < steps; done += kSteps, ++seed) {
    running_seed = seed;
    std::mt19937 random(seed);
    World world([&random](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); });
    for (running_step = 0; running_step < std::min(steps - done, kSteps); ++running_step) world.step();
    world.finish();
    gaps += world.gaps;
    recovered += world.recovered;
    losses += world.losses;
    delivered += world.delivered;
    uncertain += world.uncertain;
    unavailable += world.unavailable;
    kept += world.kept;
  }
  std::printf("held; %zu delivered, %zu kept, %zu uncertain, %zu unavailable, %zu gaps, %zu recoveries, %zu losses\n",
              delivered, kept, uncertain, unavailable, gaps, recovered, losses);
  if (steps >= 60000 && (gaps == 0 || recovered == 0 || losses == 0 || uncertain == 0 || unavailable == 0))
    fail("something never happened");
}
