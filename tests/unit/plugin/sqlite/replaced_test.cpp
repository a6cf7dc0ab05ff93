// Files that somebody removes, replaces or copies, while a store has them and while it does not.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sqlite/storage.h"
#include "support/store_fixture.h"

using namespace lws_chat;
namespace fs = std::filesystem;
using Fixture = unit::StoreFixture;

namespace {

void write_and_die(Fixture& f, uint64_t first, uint64_t count) {
  pid_t child = fork();
  if (child == 0) {
    bool done = f.open().empty() && f.append_many("room", first, count) == count;
    raise(done ? SIGKILL : SIGTERM);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void write_and_end(Fixture& f, uint64_t first) {
  f.open_again();
  CHECK_EQ(f.append_many("room", first, 20), 20u);
  f.store.reset();
}

std::string epoch_of_room(Fixture& f) {
  Fixture::Room room = f.restore("room", "other");
  CHECK(room.ok());
  return room.restored.position.epoch;
}

std::string told(Fixture& f) {
  f.until([&] { return !f.events.empty(); });
  return f.events.front().second;
}

// The file is refused again and again, in the same words by everybody, and nobody changes it.
std::string refused(Fixture& f) {
  std::string check = storage_check(f.settings.path);
  for (int i = 0; i < 2; ++i) CHECK_EQ(f.open(), check);
  CHECK_EQ(storage_check(f.settings.path), check);
  return check;
}

Status append(Fixture& f, uint64_t offset) {
  return f.wait(f.store->append("room", f.limits, {"epoch", offset}, Fixture::text("text")));
}

}  // namespace

TEST(a_log_that_was_cut_off_is_refused_until_somebody_recovers_the_file) {
  Fixture f;
  f.settings.boot.clear();  // the real one, which the check knows
  write_and_die(f, 1, 50);
  fs::resize_file(f.settings.path + "-wal", fs::file_size(f.settings.path + "-wal") / 2);
  CHECK(refused(f).find("the end of its write-ahead log is missing") != std::string::npos);
  StorageInfo info;
  CHECK_EQ(storage_info(f.settings.path, info), "");
  CHECK_EQ(info.damage, "the end of its write-ahead log is missing");
  std::string report;
  CHECK_EQ(storage_recover(f.settings.path, report), "");
  CHECK_EQ(f.open(), "");
  CHECK_EQ(epoch_of_room(f) == "epoch", false);
}

TEST(a_log_that_is_gone_costs_the_rooms_their_epochs_and_is_told) {
  Fixture f;
  write_and_die(f, 1, 50);
  fs::remove(f.settings.path + "-wal");
  CHECK_EQ(f.open(), "");
  CHECK_EQ(told(f), "the write-ahead log of the last server is gone; all rooms begin a new epoch");
  CHECK_EQ(epoch_of_room(f), "other");
}

TEST(a_log_that_another_program_has_brought_into_the_database_costs_nothing) {
  Fixture f;
  write_and_die(f, 1, 50);
  f.run_sql("SELECT count(*) FROM messages");
  CHECK(!fs::exists(f.settings.path + "-wal"));
  CHECK_EQ(f.open(), "");
  CHECK_EQ(epoch_of_room(f), "epoch");
  CHECK(append(f, 51) == Status::kOk);
  CHECK(f.events.empty());
}

TEST(a_log_without_its_database_is_refused) {
  for (bool empty : {true, false}) {
    Fixture f;
    write_and_die(f, 1, 50);
    fs::remove(f.settings.path);
    if (empty) std::ofstream file(f.settings.path);
    CHECK(refused(f).find("is missing or empty, but its write-ahead log") != std::string::npos);
    CHECK(fs::file_size(f.settings.path + "-wal") > 0);
  }
}

TEST(a_copy_of_a_file_in_use_begins_new_epochs) {
  Fixture f;
  write_and_end(f, 1);
  CHECK_EQ(f.open(), "");
  fs::copy_file(f.settings.path, f.dir.path("copy.db"));
  f.store.reset();
  f.settings.path = f.dir.path("copy.db");
  CHECK_EQ(f.open(), "");
  CHECK_EQ(told(f),
           "the file is an older copy, or is without the lock file of its last server; all rooms begin a new epoch");
  CHECK(epoch_of_room(f) != "epoch");
}

TEST(an_older_copy_that_is_put_back_begins_new_epochs) {
  Fixture f;
  write_and_end(f, 1);
  fs::copy_file(f.settings.path, f.dir.path("backup.db"));
  write_and_end(f, 21);
  fs::copy_file(f.dir.path("backup.db"), f.settings.path, fs::copy_options::overwrite_existing);
  CHECK_EQ(f.open(), "");
  CHECK_EQ(told(f).rfind("the file is an older copy", 0), 0u);
  CHECK(epoch_of_room(f) != "epoch");
}

TEST(a_file_that_moves_after_a_good_end_goes_on) {
  Fixture f;
  write_and_end(f, 1);
  fs::rename(f.settings.path, f.dir.path("moved.db"));
  f.settings.path = f.dir.path("moved.db");
  f.open_again();
  CHECK_EQ(epoch_of_room(f), "epoch");
  CHECK(f.events.empty());
}

TEST(nothing_is_taken_while_the_file_is_elsewhere) {
  for (const char* part : {"", "-wal"}) {
    Fixture f;
    f.open_again();
    CHECK(append(f, 1) == Status::kOk);
    std::string name = f.settings.path + part;
    fs::rename(name, name + ".away");
    CHECK(append(f, 2) == Status::kUnavailable);
    CHECK(f.store->counters().failing);
    CHECK(told(f).find("was removed or replaced") != std::string::npos);
    fs::rename(name + ".away", name);
    CHECK(append(f, 2) == Status::kOk);
    f.open_again();
    CHECK_EQ(f.restore("room").messages.size(), 2u);
  }
}

TEST(nothing_is_taken_after_the_log_was_cut_off) {
  Fixture f;
  f.open_again();
  CHECK(append(f, 1) == Status::kOk);
  fs::resize_file(f.settings.path + "-wal", 0);
  CHECK(append(f, 2) == Status::kUnavailable);
  CHECK(told(f).find("was cut off") != std::string::npos);
}

TEST(a_server_that_does_nothing_notices_too_that_its_file_is_gone) {
  Fixture f;
  f.open_again();
  CHECK(append(f, 1) == Status::kOk);
  fs::remove(f.settings.path);
  CHECK(told(f).find("the file was removed or replaced") != std::string::npos);
}

TEST(two_names_of_one_file_are_one_file) {
  Fixture first;
  first.open_again();
  Fixture second;
  second.settings.path = first.dir.path("another name");
  fs::create_hard_link(first.settings.path, second.settings.path);
  CHECK(second.open().find("is in use by a server that knows it by another name") != std::string::npos);
  fs::remove(second.settings.path);
  fs::create_symlink(first.settings.path, second.settings.path);
  CHECK(second.open().find("is that of another hub of this server, too") != std::string::npos);
  CHECK_EQ(storage_file(second.settings.path), storage_file(first.settings.path));
  CHECK(append(first, 1) == Status::kOk);
}

TEST(a_lock_file_that_is_removed_lets_nobody_in) {
  Fixture first;
  first.open_again();
  fs::remove(first.settings.path + ".lock");
  Fixture second;
  second.settings.path = first.settings.path;
  CHECK(second.open().find("or whose lock file was removed") != std::string::npos);
  CHECK(append(first, 1) == Status::kOk);
}

TEST(a_link_to_nothing_is_refused) {
  Fixture f;
  fs::create_symlink(f.dir.path("none"), f.settings.path);
  CHECK(refused(f).find("is a symbolic link to nothing") != std::string::npos);
}
