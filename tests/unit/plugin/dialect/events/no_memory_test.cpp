// The N-th allocation while events are published and sent fails, for each N. A reader that comes back with its last id
// gets every event once.
#include <cstdio>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/stream_kinds.h"
#include "support/event_peer.h"
#include "support/failing_new.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// A browser that reads event streams: it comes back with the last id that it was given.
struct Browser {
  // Takes the bytes of one connection. An event counts only when its end has come.
  void read(std::string_view bytes) {
    for (size_t end; (end = bytes.find("\n\n")) != std::string_view::npos; bytes.remove_prefix(end + 2)) {
      std::string type, data, rest(bytes.substr(0, end + 1));
      for (size_t at; (at = rest.find('\n')) != std::string::npos; rest.erase(0, at + 1)) {
        std::string line = rest.substr(0, at);
        if (line.compare(0, 7, "event: ") == 0) type = line.substr(7);
        if (line.compare(0, 6, "data: ") == 0) data = line.substr(6);
        if (line.compare(0, 4, "id: ") == 0) last_id = line.substr(4);
      }
      CHECK(type != "gap");
      if (!data.empty() && type != "position") got[type] += data + ";";
    }
  }
  std::string last_id;
  std::map<std::string, std::string> got;  // by room, where events say theirs
};

// Returns whether no allocation failed any more.
bool reads_all_once(const std::vector<std::string>& rooms, long n) {
  Hub hub{ample_settings(), stream_kinds()};
  Options options = default_options();
  Browser browser;
  std::map<std::string, std::string> published;
  {
    EventPeer peer(hub, options);
    peer.bytes.reserve(1 << 16);
    peer.session.enter(rooms, "", 1);
    peer.session.resume(1);
    until_failure = n;
    for (size_t i = 0; i < 3; ++i) {
      const std::string& room = rooms[i % rooms.size()];
      std::string text = std::to_string(i) + std::string(100, 'x');
      Message message{text, Format::kText};
      Time now = 1'000'000 * static_cast<Time>(i + 1);
      try {
        Armed now_it_counts;
        (void)publish(hub, room, message, now);
        armed = false;
        published[rooms.size() > 1 ? room : ""] += text + ";";
        armed = true;
        hub.flush(now, 1000);
      } catch (const std::bad_alloc&) {
        // A publication that failed reaches nobody, and a flush that failed is still due.
      }
    }
    hub.flush(4'000'000, 1000);
    browser.read(peer.bytes);
  }
  EventPeer peer(hub, options);
  peer.session.enter(rooms, browser.last_id, 4'000'000);
  peer.session.resume(4'000'000);
  browser.read(peer.bytes);
  CHECK(browser.got == published);
  return until_failure > 0;
}

}  // namespace

TEST(whichever_allocation_fails_a_reader_of_events_gets_each_of_them_once) {
  for (const std::vector<std::string>& rooms : {std::vector<std::string>{"a"}, {"a", "b"}}) {
    long n = 1;
    try {
      while (!reads_all_once(rooms, n)) ++n;
    } catch (...) {
      std::printf("allocation %ld of %zu rooms\n", n, rooms.size());
      throw;
    }
    until_failure = 0;
    std::printf("%ld allocations\n", n);
  }
}
