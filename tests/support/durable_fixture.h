#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/hub_calls.h"
#include "support/hub_kinds.h"
#include "support/journal_double.h"
#include "support/unit.h"

// A hub with a journal, and readers. Messages are sent as their payload and a blank.
namespace lws_chat::durable_test {

inline constexpr Time kSecond = 1'000'000;

inline void append_payload(FrameSink& sink, const Event& event) { sink.append(event.message.payload, " "); }

struct Reader final : Client {
  Reader() : Client(kMember) {}
  bool ready() override { return open; }
  size_t write(std::string_view frames) override {
    size_t taken = one_message ? frames.find(' ') + 1 : frames.size();
    read += frames.substr(0, taken);
    if (one_message) open = false;
    return taken;
  }
  void dismissed(Ending ending, Time) override { why = ending.why; }
  bool open = true;
  bool one_message = false;  // takes one, and then is not ready
  std::string read;
  Status why = Status::kOk;
};

// Rooms keep ten messages for a minute, the last three of them in memory.
struct Fixture {
  Hub::Settings settings() const {
    Hub::Settings settings;
    settings.max_lag = 1 << 20;
    settings.max_rooms = 10;
    settings.max_memory = 16 << 20;
    settings.rooms.history = {most, 1 << 20, 60 * kSecond, 3};
    settings.rooms.durable = true;
    settings.namespaces.emplace_back("bare", RoomSettings());
    settings.namespaces.back().second.durable = true;
    return settings;
  }

  explicit Fixture(uint64_t messages = 10) : most(messages) { start(); }
  void start() {
    journal = std::make_unique<JournalDouble>(disk);
    journal->at_once = true;
    journal->clock = now;
    HubSeams seams;
    seams.journal = journal.get();
    hub = std::make_unique<Hub>(settings(), core_kinds(append_payload, append_payload), seams);
  }
  void restart() {
    hub.reset();
    journal->crash(0);
    start();
  }
  void wait(Time time) { journal->clock = now += time; }
  void turn() {
    for (int i = 0; i < 50 && hub->due() <= now; ++i) hub->flush(now, 1000);
  }
  // Until nothing is under way.
  void settle() {
    for (int i = 0; i < 100; ++i) {
      journal->answer_all();
      turn();
    }
  }

  // Their payloads are their offsets.
  void publish(int count, const std::string& room = "room") {
    for (; count > 0; --count) (void)lws_chat::publish(*hub, room, {std::to_string(++published)}, now);
    turn();
  }
  std::shared_ptr<std::optional<Published>> publish_late(const Message& message) {
    auto result = std::make_shared<std::optional<Published>>();
    hub->publish(kServerGrant, {"room", message}, now).then([result](const Published& done) { *result = done; });
    return result;
  }
  // The reader joins and gets the last messages, or those from an offset on.
  void enter(Reader& reader, uint64_t replay) { CHECK(join(*hub, reader, "room", replay, now) == Status::kOk); }
  void enter_from(Reader& reader, uint64_t offset) {
    enter(reader, 0);
    hub->replay_from(reader, offset);
    hub->pump(reader, now);
  }
  // A ready reader is called again by its connection while it is behind.
  void pump(Reader& reader) {
    for (int i = 0; i < 50 && reader.behind() && reader.ready(); ++i) hub->pump(reader, now);
  }
  Room& room() {
    CHECK(hub->look_up("room", now).ready());
    return *hub->find("room");
  }

  const uint64_t most;
  JournalDouble::Disk disk;
  Time now = 1000 * kSecond;
  std::unique_ptr<JournalDouble> journal;
  std::unique_ptr<Hub> hub;
  int published = 0;
};

}  // namespace lws_chat::durable_test
