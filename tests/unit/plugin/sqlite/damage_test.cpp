// Files that are not as they should be.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "sqlite/storage.h"
#include "support/store_fixture.h"

using namespace lws_chat;
using Fixture = unit::StoreFixture;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string problem_of(Fixture& f) {
  std::string problem = f.open();
  // --check says the same.
  CHECK_EQ(storage_check(f.settings.path), problem);
  std::string said = "storage " + f.settings.path + ": ";
  CHECK_EQ(problem.substr(0, said.size()), said);
  return problem.substr(said.size());
}

}  // namespace

TEST(the_folder_must_be_there) {
  Fixture f;
  f.settings.path = f.dir.path("missing/rooms.db");
  CHECK_EQ(problem_of(f), "the folder " + f.dir.path("missing") +
                              " cannot be used: No such file or directory; make it, or name another file");
  f.dir.write("file", "");
  f.settings.path = f.dir.path("file/rooms.db");
  CHECK_EQ(problem_of(f), f.dir.path("file") + " is not a folder; name another file");
  f.settings.path = f.dir.path();
  CHECK_EQ(problem_of(f), "is not a file; name another one");
}

TEST(a_foreign_file_is_refused) {
  Fixture f;
  f.dir.write("rooms.db",
              "This is a text, and no database. It is long enough to have a header of 100 bytes, though, "
              "so that nobody can say that it is empty.");
  CHECK_EQ(problem_of(f).find("is not a database, or is damaged; name another file, or lws-chatd --storage-recover"),
           0u);
  std::filesystem::remove(f.settings.path);
  f.run_sql("CREATE TABLE other(x)");
  CHECK_EQ(problem_of(f), "is a database of another program; name another file");
}

TEST(a_file_of_a_newer_version_is_refused) {
  Fixture f;
  f.open_again();
  f.store.reset();
  f.run_sql("PRAGMA user_version = 2");
  CHECK_EQ(problem_of(f),
           "is of a newer version of lws-chat (schema 2, this one knows 1); use that version, or another file");
}

TEST(a_file_without_its_tables_is_refused) {
  Fixture f;
  f.open_again();
  f.store.reset();
  f.run_sql("DROP TABLE records");
  CHECK_EQ(problem_of(f),
           "is damaged (no such table: records); lws-chatd --storage-recover puts it aside and saves "
           "what can be read");
}

TEST(a_file_behind_a_symbolic_link_is_locked_as_itself) {
  Fixture f;
  f.open_again();
  Fixture other;
  other.settings.path = f.dir.path("link");
  CHECK_EQ(symlink("rooms.db", other.settings.path.c_str()), 0);
  CHECK(other.open().find(": is that of another hub of this server, too") != std::string::npos);
  f.store.reset();
  CHECK_EQ(other.open(), "");
}

TEST(storage_info_counts_while_a_server_has_the_file) {
  Fixture f;
  f.open_again();
  f.now = 1'600'000'000'000;
  CHECK_EQ(f.append_many("room", 1, 10), 10u);
  CHECK_EQ(f.append_many("other", 1, 1), 1u);
  (void)f.store->keep(Records::Kind::kRevokedToken, "token", "", Records::kForever);
  CHECK_EQ(f.append_many("other", 2, 1), 1u);
  StorageInfo info;
  CHECK_EQ(storage_info(f.settings.path, info), "");
  CHECK_EQ(info.path, f.settings.path);
  CHECK_EQ(info.rooms, 2u);
  CHECK_EQ(info.messages, 12u);
  CHECK_EQ(info.records, 1u);
  CHECK_EQ(info.schema, 1);
  CHECK_EQ(info.oldest_unix_ms, 1'600'000'000'000);
  CHECK_EQ(info.damage, "");
  CHECK_EQ(info.holder.find("process " + std::to_string(getpid()) + " ("), 0u);
  CHECK(info.file_bytes > 0);
  CHECK(info.log_bytes > 0);
  std::string report;
  CHECK(storage_recover(f.settings.path, report).find("is that of another hub of this server, too") !=
        std::string::npos);
  f.store.reset();
  StorageInfo later;
  CHECK_EQ(storage_info(f.settings.path, later), "");
  CHECK_EQ(later.messages, 12u);
  CHECK_EQ(later.holder, "");
  CHECK_EQ(storage_info(f.dir.path("none"), later),
           "storage " + f.dir.path("none") + ": cannot be read: No such file or directory");
}

TEST(recovering_keeps_what_is_whole) {
  Fixture f;
  f.open_again();
  for (int room = 0; room < 50; ++room) CHECK_EQ(f.append_many("room " + std::to_string(room), 1, 40), 40u);
  (void)f.store->keep(Records::Kind::kRevokedToken, "token", "", Records::kForever);
  f.open_again();
  f.store.reset();
  std::string bytes = bytes_of(f.settings.path);
  // A page in the middle, which has messages.
  std::string page(4096, '\x55');
  bytes.replace(bytes.size() / 2 / 4096 * 4096, page.size(), page);
  write_bytes(f.settings.path, bytes);
  StorageInfo info;
  CHECK_EQ(storage_info(f.settings.path, info), "");
  CHECK(!info.damage.empty());
  std::string report;
  CHECK_EQ(storage_recover(f.settings.path, report), "");
  CHECK(report.find("; saved 50 rooms, ") != std::string::npos);
  CHECK(report.find(" begin a new epoch, because messages may be missing") != std::string::npos);
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.load(Records::Kind::kRevokedToken).size(), 1u);
  int whole = 0;
  int torn = 0;
  for (int number = 0; number < 50; ++number) {
    Fixture::Room room = f.restore("room " + std::to_string(number), "other");
    CHECK(room.ok());
    CHECK_EQ(room.restored.position.offset, 40u);
    bool is_whole = room.restored.position.epoch == "epoch";
    (is_whole ? whole : torn) += 1;
    if (is_whole) CHECK_EQ(room.messages.size(), 40u);
    // What is saved of a room that is not whole has kept its order, and has no gap in its new epoch.
    for (size_t i = 0; i < room.messages.size(); ++i)
      CHECK(is_whole ? room.messages[i] == std::to_string(i + 1)
                     : i == 0 || std::stoi(room.messages[i]) > std::stoi(room.messages[i - 1]));
  }
  CHECK(whole > 40);
  CHECK(torn > 0);
}

TEST(a_damaged_message_is_a_gap_and_the_room_goes_on) {
  for (uint64_t damaged : {1, 50, 295, 300}) {
    Fixture f;
    f.open_again();
    CHECK_EQ(f.append_many("room", 1, 300), 300u);
    f.store.reset();
    std::string sql = "UPDATE messages SET bytes = x'00' WHERE id & 0xfffffffff = " + std::to_string(damaged);
    f.run_sql(sql.c_str());
    f.open_again();
    Fixture::Room room = f.restore("room", "other");
    CHECK(room.ok());
    CHECK_EQ(room.restored.position.epoch, "epoch");
    CHECK_EQ(room.restored.position.offset, 300u);
    uint64_t next = room.restored.first;
    if (damaged > 200) CHECK_EQ(next, damaged + 1);
    std::vector<uint64_t> read;
    while (next <= 300) {
      Journal::Page page = f.read("room", next, 40);
      CHECK(page.status == Status::kOk);
      CHECK(page.first >= next);
      for (const KeptMessage& message : page.messages) read.push_back(std::stoul(std::string(message.view().payload)));
      next = page.first + page.messages.size();
    }
    // What comes before it is read, too, if memory does not end there.
    CHECK_EQ(read.size(), damaged > 200 ? 300 - damaged : 299);
    CHECK(std::find(read.begin(), read.end(), damaged) == read.end());
    f.until([&] { return !f.events.empty(); });
    CHECK(f.events[0].second.find("message " + std::to_string(damaged) + " is damaged") != std::string::npos);
    CHECK(f.events[0].second.find("lws-chatd --storage-recover") != std::string::npos);
    CHECK(f.append("room", 301, "301") == Status::kOk);
    CHECK_EQ(f.read("room", 301, 10).messages.size(), 1u);
  }
}

// Always: refused at the start, or a room cannot be read, or what is read is right.
TEST(flipped_bytes_never_change_a_message_nor_make_a_gap_in_silence) {
  const char* wanted = std::getenv("LWS_CHAT_FLIPS");
  int flips = wanted ? std::atoi(wanted) : 150;
  Fixture f;
  f.open_again();
  for (int room = 0; room < 5; ++room) CHECK_EQ(f.append_many("room " + std::to_string(room), 1, 60), 60u);
  f.store.reset();
  std::string whole = bytes_of(f.settings.path);
  std::mt19937 random(7);
  int refused = 0;
  int unreadable = 0;
  int right = 0;
  for (int i = 0; i < flips; ++i) {
    std::string bytes = whole;
    for (auto n = 1 + random() % 3; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    for (const char* part : {"-wal", "-shm", ".lock"}) std::filesystem::remove(f.settings.path + part);
    write_bytes(f.settings.path, bytes);
    if (!f.open().empty()) {
      ++refused;
      continue;
    }
    for (int number = 0; number < 5; ++number) {
      Fixture::Room room = f.restore("room " + std::to_string(number), "other");
      if (!room.ok()) {
        ++unreadable;
        continue;
      }
      // A room whose name or row was hit is unknown, and begins with another epoch: readers are told of the gap.
      if (room.restored.position.epoch != "epoch") continue;
      CHECK_EQ(room.restored.position.offset, 60u);
      // Whoever needs earlier ones is told that they are gone.
      CHECK_EQ(room.restored.first, 61 - room.messages.size());
      for (size_t k = 0; k < room.messages.size(); ++k)
        CHECK_EQ(room.messages[k], std::to_string(room.restored.first + k));
      Journal::Page page = f.read("room " + std::to_string(number), room.restored.first);
      // Read in the other direction, a damaged page may hide more.
      CHECK(page.status != Status::kOk || page.first + page.messages.size() == 61);
      for (size_t k = 0; k < page.messages.size(); ++k)
        CHECK_EQ(page.messages[k].view().payload, std::to_string(page.first + k));
      ++right;
    }
    f.store.reset();
  }
  std::printf("%d refused at the start; rooms: %d unreadable, %d right\n", refused, unreadable, right);
  CHECK(right > 0);
}
