// What --storage-recover saves, and what it leaves alone.

#include <filesystem>
#include <fstream>

#include "sqlite/storage.h"
#include "support/store_fixture.h"

using namespace lws_chat;
namespace fs = std::filesystem;
using Fixture = unit::StoreFixture;

namespace {

void change_byte(const std::string& path, std::streamoff place, char value) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(place);
  file.put(value);
}

std::string recovered(const Fixture& f) {
  std::string report;
  CHECK_EQ(storage_recover(f.settings.path, report), "");
  return report;
}

std::string refused(const Fixture& f) {
  std::string report;
  std::string problem = storage_recover(f.settings.path, report);
  CHECK(fs::exists(f.settings.path));
  CHECK_EQ(report, "");
  return problem;
}

void write_some(Fixture& f) {
  f.open_again();
  for (int room = 0; room < 10; ++room) CHECK_EQ(f.append_many("room " + std::to_string(room), 1, 400), 400u);
  f.store.reset();
}

}  // namespace

TEST(a_file_that_is_not_there_is_not_made) {
  Fixture f;
  std::string report;
  CHECK_EQ(storage_recover(f.settings.path, report),
           "storage " + f.settings.path + ": cannot be recovered: No such file or directory");
  CHECK(fs::is_empty(f.dir.path("")));
}

TEST(a_report_counts_one_as_one) {
  Fixture f;
  f.open_again();
  CHECK_EQ(f.append_many("room", 1, 1), 1u);
  f.store.reset();
  CHECK(recovered(f).find("; saved 1 room, 1 message, 0 records") != std::string::npos);
}

TEST(a_file_that_is_whole_keeps_everything) {
  Fixture f;
  write_some(f);
  CHECK(recovered(f).find("; saved 10 rooms, 4000 messages, 0 records") != std::string::npos);
  f.open_again();
  Fixture::Room room = f.restore("room 3", "other");
  CHECK_EQ(room.restored.position.epoch, "epoch");
  CHECK_EQ(room.messages.size(), 100u);
  CHECK(f.events.empty());
}

TEST(a_damaged_head_hides_nothing) {
  Fixture f;
  write_some(f);
  for (int place : {3, 17, 18, 46, 59}) change_byte(f.settings.path, place, '\x7f');
  std::string report = recovered(f);
  CHECK(report.find("; saved 10 rooms, 4000 messages") != std::string::npos);
  CHECK(report.find("; the first bytes of the old file were wrong, and are mended") != std::string::npos);
}

TEST(a_file_that_was_cut_off_gives_what_is_left) {
  Fixture f;
  write_some(f);
  fs::resize_file(f.settings.path, fs::file_size(f.settings.path) / 4096 / 2 * 4096);
  CHECK(!f.open().empty());
  CHECK(recovered(f).find("; saved 10 rooms, ") != std::string::npos);
  f.open_again();
  size_t messages = 0;
  for (int number = 0; number < 10; ++number) {
    Fixture::Room room = f.restore("room " + std::to_string(number), "other");
    CHECK(room.ok());
    messages += room.messages.size();
    if (room.messages.size() != 100) CHECK(room.restored.position.epoch != "epoch");
  }
  CHECK(messages >= 100 && messages < 1000);
}

TEST(messages_around_a_damaged_one_are_saved_and_move_up) {
  Fixture f;
  f.limits.in_memory = 1000;
  f.open_again();
  CHECK_EQ(f.append_many("room", 1, 300), 300u);
  f.store.reset();
  f.run_sql("UPDATE messages SET bytes = x'00' WHERE id & 0xfffffffff IN (100, 296)");
  CHECK(recovered(f).find("; saved 1 room, 298 messages, 0 records; 1 room begins a new epoch") != std::string::npos);
  f.open_again();
  Fixture::Room room = f.restore("room", "other");
  CHECK(room.restored.position.epoch != "epoch");
  CHECK_EQ(room.restored.position.offset, 300u);
  CHECK_EQ(room.restored.first, 3u);
  CHECK_EQ(room.messages.size(), 298u);
  CHECK_EQ(room.messages.front(), "1");
  CHECK_EQ(room.messages[98] + " " + room.messages[99], "99 101");
  CHECK_EQ(room.messages.back(), "300");
}

TEST(of_two_rooms_with_one_name_the_first_is_saved) {
  Fixture f;
  write_some(f);
  f.run_sql("ALTER TABLE rooms RENAME TO good");
  f.run_sql("CREATE TABLE rooms AS SELECT * FROM good");
  f.run_sql("UPDATE rooms SET name = 'room 3' WHERE name = 'room 9'");
  CHECK(recovered(f).find("; saved 9 rooms, 3600 messages, 0 records") != std::string::npos);
  f.open_again();
  CHECK_EQ(f.restore("room 3", "other").restored.position.offset, 400u);
  // The messages that had no room any more are in nobody's way.
  CHECK_EQ(f.append_many("room 9", 1, 10), 10u);
}

TEST(a_file_that_cannot_be_recovered_stays_as_it_was) {
  Fixture f;
  write_some(f);
  fs::create_directory(f.settings.path + ".new");
  std::ofstream(f.settings.path + ".new/something") << "in the way";
  auto size = fs::file_size(f.settings.path);
  CHECK(refused(f).find("cannot be recovered, and is as it was") != std::string::npos);
  CHECK_EQ(fs::file_size(f.settings.path), size);
  f.open_again();
  CHECK_EQ(f.restore("room 3", "other").restored.position.epoch, "epoch");
}

TEST(a_database_of_another_program_is_left_alone) {
  Fixture f;
  f.run_sql("CREATE TABLE recipes(name TEXT)");
  CHECK(refused(f).find("is not a file of lws-chat") != std::string::npos);
  std::ofstream(f.settings.path, std::ios::trunc) << "no database";
  CHECK(refused(f).find("is not a file of lws-chat") != std::string::npos);
}

TEST(a_file_of_a_newer_version_is_left_alone) {
  Fixture f;
  write_some(f);
  f.run_sql("PRAGMA user_version = 2");
  CHECK(refused(f).find("is of a newer version of lws-chat (schema 2, this one knows 1)") != std::string::npos);
}
