#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "core/hub.h"
#include "support/hub_calls.h"
#include "support/hub_kinds.h"
#include "support/unit.h"

// A hub for tests of the core's parts, with small limits and readers that the test controls.
namespace lws_chat::core_test {

inline void encode(FrameSink& sink, const Event& event) { sink.append("", event.message.payload); }

inline void encode_for_members(FrameSink& sink, const Event& event) {
  switch (event.kind) {
    case Event::Kind::kJoin: return sink.append("+", event.message.publisher);
    case Event::Kind::kLeave: return sink.append("-", event.message.publisher);
    case Event::Kind::kPublication:
      sink.append(event.room, ":" + std::to_string(event.offset) + ":" + std::string(event.message.payload) + ";");
  }
}

// A client with a transport that takes everything or nothing, or that breaks.
struct Reader final : Client {
  explicit Reader(KindId kind = kPlain, IdentityPtr identity = nullptr) : Client(kind) {
    identity_ = std::move(identity);
  }
  bool open = true;
  bool broken = false;
  std::string got;
  int writes = 0;
  Status why = Status::kOk;
  uint64_t told_lag = 0;

  bool ready() override { return open; }
  size_t write(std::string_view frames) override {
    if (broken) return 0;
    got += frames;
    ++writes;
    return frames.size();
  }
  void dismissed(Ending ending, Time) override { why = ending.why, told_lag = ending.lag; }
};

constexpr Time kInterval = 2000;
constexpr size_t kMany = 1000;  // writes of a flush
constexpr Time kAge = 1'000'000;

inline Hub::Settings settings() {
  Hub::Settings settings;
  settings.max_lag = 100;
  settings.flush_interval = kInterval;
  settings.max_rooms = 3;
  settings.max_memory = 1 << 20;
  settings.rooms.history = {5, 1000, kAge};
  return settings;
}

inline Hub::Settings without_history() {
  Hub::Settings chosen = settings();
  chosen.rooms.history.messages = 0;
  return chosen;
}

struct Fixture {
  explicit Fixture(const Hub::Settings& chosen = settings()) : hub(chosen, core_kinds(encode, encode_for_members)) {}

  Hub hub;
  std::deque<Reader> readers;

  Reader& join(std::string_view room = "room", uint64_t replay = 0, Time now = 0) {
    Reader& reader = readers.emplace_back();
    CHECK(lws_chat::join(hub, reader, room, replay, now) == Status::kOk);
    return reader;
  }
  // A reader that is not ready for its replay.
  Reader& join_stalled_after(std::initializer_list<const char*> texts) {
    for (const char* text : texts) publish(text, 0);
    Reader& reader = readers.emplace_back();
    reader.open = false;
    CHECK(lws_chat::join(hub, reader, "room", texts.size(), 0) == Status::kOk);
    return reader;
  }

  void publish(std::string_view text, Time now) { lws_chat::publish(hub, readers[0], Message{text}, now); }
  ~Fixture() {
    for (Reader& reader : readers) hub.leave(reader, 0);
  }
};

}  // namespace lws_chat::core_test
