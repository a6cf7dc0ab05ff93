// The input is a damaged file of the store: with a 0 in front, changes of a good one, each a place (3 bytes) and a
// value; else the file itself. Always: the store refuses the file, or a room, or gives messages as they were written,
// without a gap; or the room has another epoch.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sqlite/storage.h"
#include "support/store_fixture.h"

using namespace lws_chat;
using Fixture = unit::StoreFixture;

void unit::report(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  std::abort();
}

namespace {

constexpr uint64_t kMessages = 60;

const std::string& good_file() {
  static const std::string bytes = [] {
    Fixture f;
    CHECK_EQ(f.open(), "");
    for (const char* room : {"one", "two", "three"}) CHECK_EQ(f.append_many(room, 1, kMessages), kMessages);
    (void)f.store->keep(Records::Kind::kRevokedToken, "token", "value", Records::kForever);
    f.store.reset();
    std::ifstream file(f.settings.path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return bytes;
}

std::string changed_file(const uint8_t* data, size_t size) {
  std::string bytes = good_file();
  for (; size >= 4; data += 4, size -= 4) {
    size_t place = (size_t{data[0]} << 16 | size_t{data[1]} << 8 | data[2]) % bytes.size();
    bytes[place] = static_cast<char>(data[3]);
  }
  return bytes;
}

void check_room(Fixture& f, const std::string& name, bool known) {
  Fixture::Room room = f.restore(name, "other");
  if (!room.ok() || !known || room.restored.position.epoch != "epoch") return;
  CHECK_EQ(room.restored.position.offset, kMessages);
  for (size_t i = 0; i < room.messages.size(); ++i) CHECK_EQ(room.messages[i], std::to_string(room.first + i));
  uint64_t from = room.restored.first;
  Journal::Page page = f.read(name, from);
  for (size_t i = 0; i < page.messages.size(); ++i)
    CHECK_EQ(page.messages[i].view().payload, std::to_string(page.first + i));
  (void)f.append(name, kMessages + 1, "next");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  bool changes = data[0] == 0;
  Fixture f;
  std::string bytes = changes ? changed_file(data + 1, size - 1) : std::string(data, data + size);
  std::ofstream(f.settings.path, std::ios::binary) << bytes;
  StorageInfo info;
  (void)storage_info(f.settings.path, info);
  (void)storage_check(f.settings.path);
  if (f.open().empty()) {
    for (const char* room : {"one", "two", "three"}) check_room(f, room, changes);
    (void)f.load(Records::Kind::kRevokedToken);
    f.store.reset();
  }
  std::string report;
  std::string refused = storage_recover(f.settings.path, report);
  // It leaves other programs' files, and newer ones, alone.
  if (refused.find("; name another file") != std::string::npos || refused.find("or another file") != std::string::npos)
    return 0;
  CHECK_EQ(refused, "");
  CHECK_EQ(f.open(), "");
  for (const char* room : {"one", "two", "three"})
    if (!f.restore(room, "other").ok())
      unit::report(__FILE__, __LINE__, f.events.empty() ? "?" : f.events.back().second);
  return 0;
}
