// The input is the text of a configuration file. The reader either accepts it and gives each value a position in the
// text, or reports an error.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "host/check/json_document.h"

namespace {

void visit(const lws_chat::JsonDocument& document, const cJSON* value, size_t lines) {
  for (; value; value = value->next) {
    lws_chat::LineColumn at = document.value_position(value);
    if (at.line < 1 || at.line > lines || at.column < 1) std::abort();
    visit(document, value->child, lines);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  lws_chat::JsonDocument document(text);
  if (!document.root() == document.error().text.empty()) std::abort();
  if (document.root())
    visit(document, document.root(), static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  return 0;
}
