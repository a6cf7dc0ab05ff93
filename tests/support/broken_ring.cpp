// Takes the place of a function of liburing, in a test's program or preloaded into a server. The ring is real.
#include "support/broken_ring.h"

#include <dlfcn.h>
#include <liburing.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

using unit::Break;

Break way = Break::kNothing;
unsigned least = 0;
bool failing = false;

void from_environment() {
  const char* text = std::getenv("BREAK_RING");
  if (!text) return;
  least = 3;
  way = std::strcmp(text, "submit") == 0 ? Break::kSubmit : Break::kEntry;
}

using Submit = int(io_uring* ring, unsigned wait);

// The kernel sees the first half, and then nothing.
int submit_half(Submit* real, io_uring* ring, unsigned half) {
  unsigned tail = ring->sq.sqe_tail;
  ring->sq.sqe_tail = tail - half;
  int submitted = real(ring, 1);
  ring->sq.sqe_tail = tail;
  failing = true;
  return submitted;
}

void spoil(io_uring* ring, unsigned index) {
  // A later version of liburing has no pointer to the mask.
  unsigned mask = *ring->sq.kring_entries - 1;
  ring->sq.sqes[(ring->sq.sqe_tail - index) & mask].opcode = 255;
}

}  // namespace

void unit::break_ring(Break how) {
  way = how;
  least = 2;
  failing = false;
}

extern "C" __attribute__((visibility("default"))) int io_uring_submit_and_wait(io_uring* ring, unsigned wait) {
  static Submit* const real = reinterpret_cast<Submit*>(dlsym(RTLD_NEXT, "io_uring_submit_and_wait"));
  static const bool asked = (from_environment(), true);
  static_cast<void>(asked);
  if (failing) return -EAGAIN;
  unsigned ready = io_uring_sq_ready(ring);
  if (way == Break::kNothing || ready < least) return real(ring, wait);
  Break now = way;
  way = Break::kNothing;
  if (now == Break::kSubmit) return submit_half(real, ring, ready / 2);
  spoil(ring, ready / 2);
  return real(ring, wait);
}
