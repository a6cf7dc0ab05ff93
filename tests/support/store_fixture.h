#pragma once

#include <sqlite3.h>

#include <string>
#include <utility>
#include <vector>

#include "support/config_dir.h"
#include "support/store_loop.h"
#include "support/unit.h"

namespace unit {

// A store in a folder of its own.
struct StoreFixture : StoreLoop {
  using Status = lws_chat::Status;
  using Journal = lws_chat::Journal;
  using HistoryLimits = lws_chat::HistoryLimits;
  using Message = lws_chat::Message;
  using Time = lws_chat::Time;

  static constexpr Time kSecond = 1'000'000;

  // What restoring a room gives.
  struct Room {
    Journal::Restored restored;
    std::vector<std::string> messages;
    std::vector<Time> ages;
    uint64_t first = 0;  // offset of the first message

    bool ok() const { return restored.status == Status::kOk; }
  };

  StoreFixture() { settings.path = dir.path("rooms.db"); }

  // As another program does it.
  void run_sql(const char* sql) {
    sqlite3* database = nullptr;
    CHECK_EQ(sqlite3_open(settings.path.c_str(), &database), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  void open_again() {
    store.reset();
    CHECK_EQ(open(), "");
  }

  static Message text(std::string_view payload) {
    Message message;
    message.payload = payload;
    return message;
  }

  Status append(const std::string& room, uint64_t offset, std::string_view payload, std::string_view epoch = "epoch") {
    return wait(store->append(room, limits, {std::string(epoch), offset}, text(payload)));
  }

  // Appends messages in one turn; their payloads are their offsets. Returns how many were taken.
  size_t append_many(const std::string& room, uint64_t first, uint64_t count) {
    size_t answered = 0;
    size_t taken = 0;
    for (uint64_t offset = first; offset < first + count; ++offset)
      store->append(room, limits, {"epoch", offset}, text(std::to_string(offset))).then([&](Status status) {
        ++answered;
        taken += status == Status::kOk;
      });
    until([&] { return answered == count; });
    return taken;
  }

  Room restore(const std::string& name, std::string_view new_epoch = "epoch") {
    Room room;
    lws_chat::RoomSettings rules;
    rules.history = limits;
    room.restored = wait(store->restore(name, rules, new_epoch, [&](uint64_t offset, const Message& message, Time age) {
      if (room.messages.empty()) room.first = offset;
      CHECK_EQ(offset, room.first + room.messages.size());
      room.messages.emplace_back(message.payload);
      room.ages.push_back(age);
    }));
    return room;
  }

  Journal::Page read(const std::string& room, uint64_t from, size_t messages = 1000, size_t bytes = 1'000'000) {
    return wait(store->read(room, limits, from, messages, bytes));
  }

  std::vector<std::string> load(lws_chat::Records::Kind kind) {
    std::vector<std::string> found;
    store->load(kind, [&](std::string_view key, std::string_view value, int64_t until) {
      found.push_back(std::string(key) + "=" + std::string(value) + "@" + std::to_string(until));
    });
    return found;
  }

  TempDir dir;
  HistoryLimits limits{1000, 1'000'000, 3600 * kSecond, 100};
};

}  // namespace unit
