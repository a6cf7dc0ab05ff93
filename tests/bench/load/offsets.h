// The offsets of a room's messages, which must be consecutive numbers, each once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace bench {

class Offsets {
 public:
  void add(uint64_t offset) { offsets_.push_back(offset); }

  struct Faults {
    uint64_t missing = 0;
    uint64_t repeated = 0;
  };
  Faults close() {
    Faults faults;
    std::sort(offsets_.begin(), offsets_.end());
    for (size_t i = 1; i < offsets_.size(); ++i) {
      if (offsets_[i] == offsets_[i - 1])
        ++faults.repeated;
      else
        faults.missing += offsets_[i] - offsets_[i - 1] - 1;
    }
    return faults;
  }

 private:
  std::vector<uint64_t> offsets_;
};

}  // namespace bench
