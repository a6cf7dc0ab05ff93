// Event streams (html.spec.whatwg.org, section 9.2), as lws-chat writes them. The load's texts have no line breaks, so
// each is one line of data. An id ends with the offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "http.h"

namespace bench {

// An event at the beginning of a buffer. `size` is 0 while it is incomplete.
struct StreamEvent {
  std::string_view name;
  std::string_view data;
  std::string_view id;
  bool wrong = false;  // it has a line that no event has
  size_t size = 0;
};

inline StreamEvent first_event(std::string_view bytes) {
  StreamEvent event;
  const char* at = bytes.data();
  const char* end = at + bytes.size();
  while (at < end) {
    auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
    if (!stop) return event;
    std::string_view line(at, static_cast<size_t>(stop - at));
    at = stop + 1;
    if (line.empty()) {
      event.size = static_cast<size_t>(at - bytes.data());
      return event;
    }
    if (line.compare(0, 6, "data: ") == 0 && event.data.empty())
      event.data = line.substr(6);
    else if (line.compare(0, 4, "id: ") == 0)
      event.id = line.substr(4);
    else if (line.compare(0, 7, "event: ") == 0)
      event.name = line.substr(7);
    else if (line.front() != ':' && line.compare(0, 7, "retry: ") != 0)
      event.wrong = true;
  }
  return event;
}

// The offset of an id EPOCH:OFFSET. 0: the id has another form.
inline uint64_t offset_of(std::string_view id) {
  size_t colon = id.rfind(':');
  return colon == std::string_view::npos ? 0 : number_of(id.substr(colon + 1), 0);
}

}  // namespace bench
