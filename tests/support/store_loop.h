#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sqlite/store.h"
#include "support/unit.h"

namespace unit {

// Stands in for the event loop of a store.
class StoreLoop {
 public:
  using Event = lws_chat::StoreSettings::Event;

  StoreLoop() {
    settings.wake = [this] {
      uint64_t one = 1;
      if (write(fd_, &one, sizeof one) < 0) return;
    };
    settings.report = [this](Event event, const std::string& line) {
      if (line != "the file is new") events.emplace_back(event, line);
    };
    settings.unix_ms = [this] { return now.load(); };
    settings.boot = "boot 1";
  }
  ~StoreLoop() {
    store.reset();
    close(fd_);
  }

  // Opens the store. Returns the problem, or nothing.
  std::string open() {
    std::string problem;
    store = lws_chat::SqliteStore::open(settings, problem);
    if (store)
      store->trimmed = [this](std::string_view room, uint64_t first) {
        trimmed.emplace_back(std::string(room), first);
      };
    return problem;
  }

  // One turn.
  void turn() {
    pollfd waits{fd_, POLLIN, 0};
    if (poll(&waits, 1, 20'000) != 1) report(__FILE__, __LINE__, "the store did not wake the loop for 20 s");
    uint64_t count = 0;
    if (read(fd_, &count, sizeof count) > 0) store->deliver();
  }

  template <typename Done>
  void until(Done&& done) {
    while (!done()) turn();
  }

  // Waits for the answer.
  template <typename T>
  T wait(lws_chat::Deferred<T> deferred) {
    std::optional<T> answer;
    deferred.then([&](const T& value) { answer = value; });
    until([&] { return answer.has_value(); });
    return *answer;
  }

  lws_chat::StoreSettings settings;
  std::unique_ptr<lws_chat::SqliteStore> store;
  std::atomic<int64_t> now{1'700'000'000'000};
  std::vector<std::pair<Event, std::string>> events;
  std::vector<std::pair<std::string, uint64_t>> trimmed;

 private:
  int fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

}  // namespace unit
