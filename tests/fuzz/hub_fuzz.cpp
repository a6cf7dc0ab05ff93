// The bytes choose operations on a hub. After each one, the hub is compared with the model.
#include <cstddef>
#include <cstdint>

#include "property/hub_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* end = data + size;
  auto pick = [&data, end](unsigned n) -> unsigned {
    unsigned number = data < end ? *data++ : 0;
    if (n > 256 && data < end) number = number << 8 | *data++;
    return number % n;
  };
  lws_chat::model::Model model(pick);
  while (data < end) model.step();
  model.finish();
  return 0;
}
