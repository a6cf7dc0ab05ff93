// How fast the store of durable rooms is: messages a second from one loop, commit times, bytes a message, opening and
// restoring. Not a test.
//
//   build/release/bin/bench_store FOLDER
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "sqlite/storage.h"
#include "support/store_loop.h"

using namespace lws_chat;

// store_loop.h reports with it; a benchmark is no test.
void unit::report(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  std::exit(1);
}

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

const HistoryLimits kLimits{1'000'000, uint64_t{1} << 40, 3600 * Time{1'000'000}, 100};
const std::string kPayload(64, 'x');

struct Bench : unit::StoreLoop {
  explicit Bench(const std::string& path, bool full = false) {
    settings.path = path;
    settings.full_sync = full;
    settings.unix_ms = {};
    settings.max_bytes = uint64_t{8} << 30;
    std::string problem = open();
    if (!problem.empty()) unit::report(__FILE__, __LINE__, problem);
  }

  void append(const std::string& room, uint64_t offset) {
    ++sent;
    Message message;
    message.payload = kPayload;
    store->append(room, kLimits, {"epoch123", offset}, message).then([this](Status status) {
      ++answered;
      refused += status != Status::kOk;
    });
  }

  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t refused = 0;
};

void remove_all(const std::string& path) {
  for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + part);
}

// Batches of this size; a batch is queued when the one before is written, with `ahead` more under way.
void write_messages(const std::string& path, size_t batch, size_t rooms, bool full, double for_seconds) {
  remove_all(path);
  std::vector<double> waits;
  uint64_t sent = 0;
  double took = 0;
  {
    Bench bench(path, full);
    std::vector<uint64_t> offsets(rooms);
    auto began = Clock::now();
    while (seconds_since(began) < for_seconds) {
      auto batch_began = Clock::now();
      for (size_t i = 0; i < batch; ++i, ++sent) {
        size_t room = sent % rooms;
        bench.append("room " + std::to_string(room), ++offsets[room]);
      }
      bench.until([&] { return bench.answered == bench.sent; });
      waits.push_back(seconds_since(batch_began));
    }
    took = seconds_since(began);
    if (bench.refused > 0) std::printf("refused: %llu\n", static_cast<unsigned long long>(bench.refused));
  }
  std::sort(waits.begin(), waits.end());
  std::printf(
      "%-6s batches of %4zu, %2zu rooms: %8.0f messages/s, wait p50 %.3f ms p99 %.3f ms, %5.1f bytes a message\n",
      full ? "full" : "normal", batch, rooms, static_cast<double>(sent) / took, 1e3 * waits[waits.size() / 2],
      1e3 * waits[waits.size() * 99 / 100],
      static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(sent));
}

void open_and_restore(const std::string& path) {
  remove_all(path);
  constexpr size_t kRooms = 100'000;
  {
    Bench bench(path);
    for (uint64_t offset = 1; offset <= 10; ++offset) {
      for (size_t room = 0; room < kRooms; ++room) {
        bench.append("room " + std::to_string(room), offset);
        if (room % 10'000 == 9'999) bench.until([&] { return bench.answered == bench.sent; });
      }
    }
    auto began = Clock::now();
    bench.store.reset();
    std::printf("closing with %zu rooms: %.3f s; file %.1f MB\n", kRooms, seconds_since(began),
                static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  }
  auto began = Clock::now();
  Bench bench(path);
  std::printf("opening: %.3f s", seconds_since(began));
  RoomSettings settings;
  settings.history = kLimits;
  auto restore = [&](size_t room) {
    return bench.wait(
        bench.store->restore("room " + std::to_string(room), settings, "other", [](uint64_t, const Message&, Time) {}));
  };
  restore(77'777);
  std::printf(", first room after %.3f s", seconds_since(began));
  began = Clock::now();
  for (size_t i = 0; i < 1000; ++i) restore(i * 97 % kRooms);
  std::printf(", then %.3f ms a room\n", seconds_since(began));
  began = Clock::now();
  StorageInfo info;
  std::string problem = storage_info(path, info);
  std::printf("storage-info: %.3f s, %llu messages %s%s\n", seconds_since(began),
              static_cast<unsigned long long>(info.messages), problem.c_str(), info.damage.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::string path = std::string(argv[1]) + "/bench.db";
  for (bool full : {false, true})
    for (size_t batch : {10, 1000}) write_messages(path, batch, 10, full, 3);
  write_messages(path, 1000, 1, false, 3);
  open_and_restore(path);
  remove_all(path);
  return 0;
}
