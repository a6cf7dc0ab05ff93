#pragma once

namespace unit {

enum class Break {
  kNothing,
  kSubmit,  // the kernel takes half of the entries, then the ring fails
  kEntry,   // the kernel refuses the entry in the middle
};

// How the ring breaks when the next batch of several entries is sent. In a server the variable BREAK_RING says it,
// "submit" or "entry", for the first batch of three or more.
void break_ring(Break how);

}  // namespace unit
