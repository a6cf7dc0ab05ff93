// Processes that end without warning, and machines.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include "sqlite/storage.h"
#include "support/store_fixture.h"

using namespace lws_chat;
using Fixture = unit::StoreFixture;
using Told = StoreSettings::Event;

namespace {

// Runs this in another process, which ends without warning.
template <typename Body>
void in_process_that_dies(Body body) {
  pid_t child = fork();
  if (child == 0) {
    try {
      body();
      raise(SIGKILL);
    } catch (...) {
      _exit(1);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
}

void write_and_die(Fixture& f, const std::string& room, uint64_t first, uint64_t count) {
  in_process_that_dies([&] {
    CHECK_EQ(f.open(), "");
    CHECK_EQ(f.append_many(room, first, count), count);
  });
}

// What a process that is going to be killed says: an answer of the store.
struct Answer {
  uint32_t room;
  uint32_t taken;
  uint64_t offset;
  uint64_t nonce;
};

std::string payload_of(const Answer& answer) {
  return std::to_string(answer.room) + "/" + std::to_string(answer.offset) + "/" + std::to_string(answer.nonce);
}

// Publishes as fast as it can until it is killed.
[[noreturn]] void publish_until_killed(Fixture& f, int out, std::map<uint32_t, uint64_t> offsets, uint64_t seed) {
  std::mt19937_64 random(seed);
  if (!f.open().empty()) _exit(1);
  for (;;) {
    size_t waiting = 1 + random() % 20;
    for (size_t i = waiting; i > 0; --i) {
      Answer answer{static_cast<uint32_t>(random() % 5), 0, 0, random()};
      answer.offset = ++offsets[answer.room];
      f.store
          ->append("room " + std::to_string(answer.room), f.limits, {"epoch", answer.offset},
                   Fixture::text(payload_of(answer)))
          .then([&waiting, out, answer](Status status) mutable {
            answer.taken = status == Status::kOk;
            if (write(out, &answer, sizeof answer) != sizeof answer) _exit(1);
            --waiting;
          });
    }
    f.until([&] { return waiting == 0; });
  }
}

}  // namespace

TEST(everything_that_was_taken_survives_kill_9_under_load) {
  const char* wanted = std::getenv("LWS_CHAT_KILLS");
  int kills = wanted ? std::atoi(wanted) : 20;
  std::mt19937_64 random(1);
  Fixture f;
  f.limits = {1'000'000, 1'000'000'000, 3600 * Fixture::kSecond, 1'000'000};
  std::map<uint32_t, std::vector<std::string>> taken;
  size_t count = 0;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    if (kill_number % 25 == 24) {
      // Else the rooms would take longer and longer to look at.
      taken.clear();
      for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(f.settings.path + part);
    }
    f.settings.full_sync = kill_number % 4 == 3;
    int ends[2];
    CHECK_EQ(pipe(ends), 0);
    std::map<uint32_t, uint64_t> offsets;
    for (auto& [room, messages] : taken) offsets[room] = messages.size();
    pid_t child = fork();
    if (child == 0) publish_until_killed(f, ends[1], offsets, random());
    close(ends[1]);
    std::thread killer([child, after = random() % 60'000] {
      std::this_thread::sleep_for(std::chrono::microseconds(after));
      kill(child, SIGKILL);
    });
    Answer answer{};
    while (read(ends[0], &answer, sizeof answer) == sizeof answer) {
      CHECK(answer.taken);
      taken[answer.room].push_back(payload_of(answer));
      CHECK_EQ(taken[answer.room].size(), answer.offset);
      ++count;
    }
    killer.join();
    waitpid(child, nullptr, 0);
    close(ends[0]);

    CHECK_EQ(f.open(), "");
    for (uint32_t number = 0; number < 5; ++number) {
      Fixture::Room room = f.restore("room " + std::to_string(number));
      CHECK(room.ok());
      CHECK_EQ(room.restored.position.epoch, "epoch");
      std::vector<std::string>& messages = taken[number];
      // More may be there than was answered, but nothing else.
      CHECK(room.messages.size() >= messages.size());
      CHECK_EQ(room.restored.position.offset, room.messages.size());
      for (size_t i = 0; i < room.messages.size(); ++i) {
        if (i < messages.size()) CHECK_EQ(room.messages[i], messages[i]);
        CHECK_EQ(room.messages[i].rfind(std::to_string(number) + "/" + std::to_string(i + 1) + "/", 0), 0u);
      }
      messages = room.messages;
    }
    CHECK(f.events.empty());
    f.store.reset();
  }
  std::printf("%d kills, %zu messages\n", kills, count);
}

TEST(after_a_power_loss_the_rooms_of_the_last_run_begin_a_new_epoch) {
  Fixture f;
  write_and_die(f, "older", 1, 3);
  write_and_die(f, "newer", 1, 3);
  f.settings.boot = "boot 2";
  CHECK_EQ(f.open(), "");
  f.until([&] { return !f.events.empty(); });
  CHECK(f.events[0].first == Told::kNotice);
  Fixture::Room older = f.restore("older", "other");
  CHECK_EQ(older.restored.position.epoch, "epoch");
  Fixture::Room newer = f.restore("newer", "other");
  CHECK(newer.restored.position.epoch != "epoch");
  // The messages stay, and so do their offsets.
  CHECK_EQ(newer.messages.size(), 3u);
  CHECK_EQ(newer.restored.position.offset, 3u);
  std::string epoch = newer.restored.position.epoch;
  CHECK(f.append("newer", 4, "four", epoch) == Status::kOk);
  f.open_again();
  CHECK_EQ(f.restore("newer", "another").restored.position.epoch, epoch);
  CHECK_EQ(f.restore("older", "another").restored.position.epoch, "epoch");
}

TEST(a_power_loss_is_remembered_for_rooms_that_are_used_only_later) {
  Fixture f;
  write_and_die(f, "room", 1, 3);
  f.settings.boot = "boot 2";
  f.open_again();
  f.settings.boot = "boot 3";
  f.open_again();
  CHECK(f.restore("room", "other").restored.position.epoch != "epoch");
}

TEST(a_power_loss_takes_nothing_with_full_sync_nor_after_a_clean_end) {
  Fixture f;
  f.settings.full_sync = true;
  write_and_die(f, "room", 1, 3);
  f.settings.full_sync = false;
  f.settings.boot = "boot 2";
  f.open_again();
  CHECK_EQ(f.restore("room", "other").restored.position.epoch, "epoch");
  f.settings.boot = "boot 3";
  f.open_again();
  CHECK_EQ(f.restore("room", "other").restored.position.epoch, "epoch");
  f.store->deliver();
  CHECK(f.events.empty());
}

TEST(a_room_is_marked_before_its_messages_can_be_lost) {
  Fixture f;
  write_and_die(f, "room", 1, 2);
  size_t marked = 0;
  in_process_that_dies([&] {
    CHECK_EQ(f.open(), "");
    CHECK_EQ(f.append_many("room", 3, 1), 1u);
    // Only this transaction waits for the disk.
    std::filesystem::copy_file(f.settings.path + "-wal", f.dir.path("marked"));
    for (uint64_t offset = 4; offset <= 20; ++offset) CHECK_EQ(f.append_many("room", offset, 1), 1u);
  });
  marked = std::filesystem::file_size(f.dir.path("marked"));
  size_t all = std::filesystem::file_size(f.settings.path + "-wal");
  CHECK(all > marked);
  f.settings.boot = "boot 2";
  // The power loss may have taken any end of the log behind the mark.
  for (size_t left = marked; left <= all; left += 500) {
    Fixture copy;
    copy.settings.boot = "boot 2";
    std::filesystem::copy_file(f.settings.path, copy.settings.path);
    std::filesystem::copy_file(f.settings.path + "-wal", copy.settings.path + "-wal");
    std::filesystem::resize_file(copy.settings.path + "-wal", left);
    CHECK_EQ(copy.open(), "");
    Fixture::Room room = copy.restore("room", "other");
    CHECK(room.ok());
    CHECK(room.restored.position.epoch != "epoch");
    CHECK_EQ(room.restored.position.offset, room.messages.size());
    CHECK(room.messages.size() >= 3);
  }
}

TEST(a_log_that_lost_its_end_while_no_server_had_it_is_refused) {
  Fixture f;
  write_and_die(f, "room", 1, 3);
  std::filesystem::resize_file(f.settings.path + "-wal", std::filesystem::file_size(f.settings.path + "-wal") - 100);
  CHECK_EQ(f.open(),
           "storage " + f.settings.path +
               ": is damaged (the end of its write-ahead log is missing); lws-chatd --storage-recover puts it "
               "aside and saves what can be read");
  std::string report;
  CHECK_EQ(storage_recover(f.settings.path, report), "");
  CHECK_EQ(f.open(), "");
  Fixture::Room room = f.restore("room", "other");
  CHECK(room.ok());
  CHECK(room.restored.position.epoch != "epoch");
}

TEST(a_log_that_is_gone_makes_rooms_begin_a_new_epoch) {
  Fixture f;
  in_process_that_dies([&] {
    CHECK_EQ(f.open(), "");
    CHECK_EQ(f.append_many("room", 1, 3), 3u);
    f.open_again();
    CHECK_EQ(f.append_many("room", 4, 3), 3u);
  });
  std::filesystem::remove(f.settings.path + "-wal");
  CHECK_EQ(f.open(), "");
  f.until([&] { return !f.events.empty(); });
  CHECK(f.events[0].first == Told::kNotice);
  Fixture::Room room = f.restore("room", "other");
  CHECK_EQ(room.restored.position.offset, 3u);
  CHECK(room.restored.position.epoch != "epoch");
}
