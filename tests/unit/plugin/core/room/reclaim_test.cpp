#include "core/room/reclaim.h"

#include <string>
#include <utility>
#include <vector>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(above_max_memory_the_oldest_history_is_dropped_first) {
  Hub::Settings tight = settings();
  tight.max_memory = 256 * 1024;
  tight.rooms.history = {1000, 1 << 20, kAge};
  Fixture f(tight);
  f.join("old");
  lws_chat::publish(f.hub, f.readers[0], Message{std::string(20000, 'o')}, 0);
  f.hub.flush(0, kMany);
  Reader& newer = f.join("new");
  for (int i = 0; i < 200; ++i) {
    lws_chat::publish(f.hub, newer, Message{std::string(2000, 'n')}, 1 + i);
    f.hub.flush(1 + i * kInterval, kMany);
  }
  CHECK(f.hub.memory().in_use() <= tight.max_memory);
  CHECK(f.hub.find("old")->history().empty());
  CHECK(!f.hub.find("new")->history().empty());
  CHECK(newer.why == Status::kOk);
}

TEST(above_max_memory_without_history_the_slowest_readers_are_closed) {
  Hub::Settings tight = without_history();
  tight.max_memory = 64 * 1024;
  tight.max_lag = 1 << 30;
  Fixture f(tight);
  Reader& slow = f.join();
  Reader& fast = f.join();
  slow.open = false;
  for (int i = 0; i < 200; ++i) {
    lws_chat::publish(f.hub, fast, Message{std::string(1000, 'x')}, i);
    CHECK(f.hub.memory().in_use() <= tight.max_memory);
  }
  CHECK(slow.why == Status::kSlow);
  CHECK(fast.why == Status::kOk);
  f.hub.flush(1000 * kInterval, kMany);
  CHECK_EQ(fast.got.size(), 200000u);
}

namespace {

// Keeps data until complete(), as io_uring does.
struct Gatherer final : Fanout {
  struct Member final : Client {
    explicit Member(Gatherer& gatherer) : Client(kWatcher), gatherer_(gatherer) {}
    bool ready() override { return true; }
    size_t write(std::string_view frames) override {
      gatherer_.waiting.emplace_back(this, frames);
      set_gathered(true);
      return frames.size();
    }
    void dismissed(Ending ending, Time) override { why = ending.why; }
    Gatherer& gatherer_;
    std::string got;
    Status why = Status::kOk;
  };

  Time complete() override {
    if (!waiting.empty()) held = held && hub->memory().in_use() > 0;
    for (auto& [member, frames] : std::exchange(waiting, {})) {
      member->got += frames;
      member->set_gathered(false);
    }
    return 0;
  }

  Hub* hub = nullptr;
  bool held = true;  // memory was still in use at each send
  std::vector<std::pair<Member*, std::string_view>> waiting;
};

}  // namespace

TEST(unsent_bytes_stay_even_if_a_flush_begins_with_reclaiming_memory) {
  Hub::Settings chosen = settings();
  chosen.max_lag = 1 << 20;
  chosen.max_memory = 2000;
  chosen.rooms.presence = chosen.rooms.join_leave = true;
  Gatherer gatherer;
  Hub hub(chosen, core_kinds(encode, encode_for_members), {&gatherer});
  gatherer.hub = &hub;
  Gatherer::Member watcher(gatherer);
  CHECK(lws_chat::join(hub, watcher, "room", 0, 0) == Status::kOk);
  std::string about(3000, 'x');
  Reader other(kPlain, std::make_shared<const Identity>(Identity{"id", "", about}));
  CHECK(lws_chat::join(hub, other, "room", 0, 0) == Status::kOk);
  hub.flush(0, kMany);
  CHECK(gatherer.held && gatherer.waiting.empty());
  CHECK(watcher.why == Status::kOk && watcher.got == "+" + about);
  hub.leave(watcher, 0);
  hub.leave(other, 0);
}

TEST(memory_of_clients_displaces_history_and_each_account_has_a_limit) {
  Hub::Settings tight = settings();
  tight.rooms.history = {1000, 1 << 20, 1000 * kAge};
  Fixture f(tight);
  Reader& reader = f.join();
  for (int i = 0; i < 450; ++i) {
    lws_chat::publish(f.hub, reader, Message{std::string(2000, 'n')}, 0);
    f.hub.flush(i * kInterval, kMany);
  }
  size_t kept = f.hub.find("room")->history().bytes();
  MemoryAccount::Charge charge(f.hub.memory().input);
  CHECK(charge.may_be(256 * 1024) && !charge.may_be(256 * 1024 + 1));
  charge.set(256 * 1024);
  f.publish("x", 1);
  CHECK(f.hub.memory().in_use() <= tight.max_memory);
  CHECK(f.hub.find("room")->history().bytes() < kept);
  CHECK(reader.why == Status::kOk);
}
