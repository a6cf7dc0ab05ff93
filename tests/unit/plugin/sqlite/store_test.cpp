#include "sqlite/store.h"

#include <sys/stat.h>

#include "support/config_dir.h"
#include "support/store_loop.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr HistoryLimits kLimits{1000, 1'000'000, 3600 * Time{1'000'000}, 100};

Message text(std::string_view payload) {
  Message message;
  message.payload = payload;
  return message;
}

struct Room {
  Journal::Restored restored;
  std::vector<std::string> messages;
  std::vector<Time> ages;
  uint64_t first = 0;
};

struct Fixture : unit::StoreLoop {
  Fixture() { settings.path = dir.path("rooms.db"); }

  Status append(const std::string& room, uint64_t offset, std::string_view payload,
                const HistoryLimits& limits = kLimits) {
    return wait(store->append(room, limits, {"epoch", offset}, text(payload)));
  }

  Room restore(const std::string& name, std::string_view epoch = "other", const HistoryLimits& limits = kLimits) {
    Room room;
    RoomSettings rules;
    rules.history = limits;
    room.restored = wait(store->restore(name, rules, epoch, [&](uint64_t offset, const Message& message, Time age) {
      if (room.messages.empty()) room.first = offset;
      CHECK_EQ(offset, room.first + room.messages.size());
      room.messages.emplace_back(message.payload);
      room.ages.push_back(age);
    }));
    return room;
  }

  unit::TempDir dir;
};

}  // namespace

TEST(a_message_that_was_taken_is_there_after_a_restart) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK(f.restore("room", "epoch").restored.status == Status::kOk);
  CHECK(f.append("room", 1, "one") == Status::kOk);
  CHECK(f.append("room", 2, "two") == Status::kOk);
  f.store.reset();
  CHECK_EQ(f.open(), "");
  Room room = f.restore("room");
  CHECK(room.restored.status == Status::kOk);
  CHECK_EQ(room.restored.position.epoch, "epoch");
  CHECK_EQ(room.restored.position.offset, 2u);
  CHECK_EQ(room.restored.first, 1u);
  CHECK_EQ(room.messages.size(), 2u);
  CHECK_EQ(room.messages[0], "one");
  CHECK_EQ(room.messages[1], "two");
  CHECK(f.append("room", 4, "late") == Status::kUnavailable);
  CHECK(f.append("room", 3, "three") == Status::kOk);
}

TEST(a_second_store_on_the_file_is_refused_and_told_who_has_it) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  std::string problem;
  CHECK(!SqliteStore::open(f.settings, problem));
  CHECK_EQ(problem, "storage " + f.settings.path + ": is in use by process " + std::to_string(getpid()) +
                        " (unit_plugin_sql); end that first, or name another file");
}
