// The store on a disk with faults. Always: what was answered kOk is there after opening the file again, in order and
// once; what was refused is not there.
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>

#include "sqlite/storage.h"
#include "support/failing_vfs.h"
#include "support/store_fixture.h"

using namespace lws_chat;
using unit::FailingVfs;

namespace {

// A hub of few rooms, as far as a journal sees it: it numbers messages behind those that wait, and drops all that wait
// behind one that has failed.
struct Peer : unit::StoreFixture {
  Peer() {
    settings.vfs = vfs.name();
    limits = {100'000, 100'000'000, 3600 * kSecond, 100'000};
  }
  ~Peer() { store.reset(); }

  struct Message {
    uint64_t offset;
    std::string payload;
  };
  struct Log {
    std::vector<std::string> taken;
    std::deque<Message> waiting;
    uint64_t epoch = 0;  // messages of another epoch have failed already
  };

  void send(const std::string& name) {
    Log& log = rooms[name];
    Message message{log.taken.size() + log.waiting.size() + 1, "message " + std::to_string(++sent)};
    log.waiting.push_back(message);
    Deferred<Status> answer = store->append(name, limits, {"epoch", message.offset}, text(message.payload));
    answer.then([this, name, number = sent, payload = message.payload](Status status) {
      ++answered;
      Log& found = rooms[name];
      if (found.waiting.empty() || found.waiting.front().payload != payload) {
        if (status == Status::kOk)  // it waited behind one that has failed
          unit::report(
              __FILE__, __LINE__,
              payload + " was taken; expected was " + (found.waiting.empty() ? "none" : found.waiting.front().payload));
        return;
      }
      if (status == Status::kOk) {
        found.taken.push_back(payload);
        found.waiting.pop_front();
      } else {
        ++refused;
        found.waiting.clear();
      }
    });
  }

  void settle() {
    until([this] { return answered == sent; });
  }

  void verify(const std::string& seed) {
    for (auto& [name, log] : rooms) {
      Room room = restore(name);
      if (!room.ok() || room.restored.position.offset != log.taken.size() || room.messages != log.taken)
        unit::report(__FILE__, __LINE__,
                     seed + ": " + name + " has " + std::to_string(room.messages.size()) + " messages up to " +
                         std::to_string(room.restored.position.offset) + ", not " + std::to_string(log.taken.size()));
    }
  }

  FailingVfs vfs;
  std::map<std::string, Log> rooms;
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t refused = 0;
};

// Some rounds of messages with faults, then a crash or a clean end, then a look; several times.
uint64_t live(unsigned seed) {
  std::mt19937 random(seed);
  auto up_to = [&](unsigned n) { return static_cast<int>(random() % n); };
  Peer peer;
  peer.settings.full_sync = random() % 2 == 0;
  for (int life = 0; life < 3; ++life) {
    std::string problem = peer.open();
    if (!problem.empty()) unit::report(__FILE__, __LINE__, "seed " + std::to_string(seed) + ": " + problem);
    peer.verify("seed " + std::to_string(seed));
    for (int round = 0; round < 10; ++round) {
      // SQLite gives some codes of some calls another meaning than that of a fault.
      static constexpr std::pair<FailingVfs::Call, int> kFaults[] = {{FailingVfs::kWrite, SQLITE_FULL},
                                                                     {FailingVfs::kWrite, SQLITE_IOERR_WRITE},
                                                                     {FailingVfs::kSync, SQLITE_IOERR_FSYNC},
                                                                     {FailingVfs::kOpen, SQLITE_CANTOPEN},
                                                                     {FailingVfs::kTruncate, SQLITE_IOERR_TRUNCATE},
                                                                     {FailingVfs::kRead, SQLITE_IOERR_READ},
                                                                     {FailingVfs::kShared, SQLITE_IOERR_SHMMAP},
                                                                     {FailingVfs::kWrite, SQLITE_READONLY}};
      auto [call, code] = kFaults[random() % 8];
      if (up_to(3) > 0) peer.vfs.fail(call, up_to(8), 1 + up_to(5), code);
      int count = 1 + up_to(30);
      for (int i = 0; i < count; ++i) {
        peer.send("room " + std::to_string(up_to(4)));
        if (up_to(5) == 0) peer.store->deliver();
      }
      if (up_to(4) > 0) peer.settle();
      peer.vfs.heal();
    }
    peer.settle();
    if (up_to(2) == 0) peer.vfs.crash();
    peer.store.reset();
    peer.vfs.heal();
  }
  CHECK_EQ(peer.open(), "");
  peer.verify("seed " + std::to_string(seed) + " at the end");
  StorageInfo info;
  CHECK_EQ(storage_info(peer.settings.path, info), "");
  CHECK_EQ(info.damage, "");
  return peer.refused;
}

}  // namespace

TEST(what_was_taken_is_there_and_what_was_refused_is_not_whatever_fails) {
  const char* wanted = std::getenv("LWS_CHAT_FAULT_SEEDS");
  unsigned seeds = wanted ? static_cast<unsigned>(std::atoi(wanted)) : 40;
  uint64_t refused = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) refused += live(seed);
  std::printf("%u seeds, %llu messages refused\n", seeds, static_cast<unsigned long long>(refused));
  CHECK(refused > 0);
}

TEST(a_full_disk_is_told_once_and_the_store_goes_on_by_itself) {
  Peer peer;
  CHECK_EQ(peer.open(), "");
  CHECK(peer.append("room", 1, "one") == Status::kOk);
  peer.vfs.fail(FailingVfs::kWrite, 0, 1'000'000, SQLITE_FULL);
  CHECK(peer.append("room", 2, "two") == Status::kUnavailable);
  CHECK(peer.append("room", 2, "two") == Status::kUnavailable);
  CHECK(peer.store->counters().failing);
  CHECK_EQ(peer.events.size(), 1u);
  CHECK(peer.events[0].first == StoreSettings::Event::kFails);
  CHECK_EQ(peer.events[0].second, "messages cannot be written: database or disk is full");
  // What nobody waits for is written later.
  (void)peer.store->keep(Records::Kind::kRevokedToken, "token", "", Records::kForever);
  CHECK(peer.append("room", 2, "two") == Status::kUnavailable);
  peer.vfs.heal();
  peer.until([&] { return peer.events.size() == 2; });
  CHECK(peer.events[1].first == StoreSettings::Event::kWorksAgain);
  CHECK(!peer.store->counters().failing);
  CHECK(peer.append("room", 2, "two") == Status::kOk);
  CHECK_EQ(peer.load(Records::Kind::kRevokedToken).size(), 1u);
  peer.vfs.crash();
  peer.store.reset();
  peer.vfs.heal();
  CHECK_EQ(peer.open(), "");
  CHECK_EQ(peer.restore("room").messages.size(), 2u);
}

TEST(opening_fails_with_a_line_whatever_fails) {
  for (int after = 0; after < 200; ++after) {
    Peer peer;
    peer.vfs.fail(FailingVfs::kAnyCall, after, 1, SQLITE_IOERR);
    std::string problem = peer.open();
    bool failed = peer.vfs.failed() > 0;
    peer.vfs.heal();
    if (!problem.empty()) CHECK_EQ(problem.rfind("storage " + peer.settings.path + ": cannot be ", 0), 0u);
    if (!peer.store) CHECK_EQ(peer.open(), "");
    CHECK(peer.append("room", 1, "one") == Status::kOk);
    if (!failed) return;
  }
  unit::report(__FILE__, __LINE__, "opening takes more calls than that");
}

TEST(a_disk_that_does_not_answer_is_told_and_nothing_more_waits_for_it) {
  unit::StoreFixture f;
  f.settings.patience = std::chrono::milliseconds(50);
  CHECK_EQ(f.open(), "");
  CHECK(f.append("room", 1, "one") == Status::kOk);
  CHECK(!f.store->waits());
  // The writer waits for a lock that somebody else has.
  sqlite3* other = nullptr;
  CHECK_EQ(sqlite3_open(f.settings.path.c_str(), &other), SQLITE_OK);
  CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  Status status = Status::kSlow;
  f.store->append("room", f.limits, {"epoch", 2}, unit::StoreFixture::text("two")).then([&](Status answer) {
    status = answer;
  });
  f.turn();
  CHECK(f.store->waits());
  while (f.events.empty()) {
    usleep(1000);
    f.store->watch();
  }
  CHECK(f.events[0].first == StoreSettings::Event::kFails);
  CHECK_EQ(f.events[0].second, "nothing is written: the disk does not answer");
  CHECK(f.store->counters().failing);
  CHECK(status == Status::kSlow);
  CHECK(f.append("room", 3, "three") == Status::kUnavailable);
  sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  f.until([&] { return status != Status::kSlow; });
  CHECK(status == Status::kOk);
  CHECK_EQ(f.events.size(), 2u);
  CHECK(f.events[1].first == StoreSettings::Event::kWorksAgain);
  CHECK(!f.store->counters().failing);
  CHECK(f.append("room", 3, "three") == Status::kOk);
}

TEST(a_record_answers_when_it_survives_the_process) {
  Peer peer;
  CHECK_EQ(peer.open(), "");
  auto keep = [&](const char* key) {
    return peer.wait(peer.store->keep(Records::Kind::kRevokedToken, key, "", Records::kForever));
  };
  CHECK(keep("a") == Status::kOk);
  peer.vfs.crash();
  peer.store.reset();
  peer.vfs.heal();
  CHECK_EQ(peer.open(), "");
  CHECK_EQ(peer.load(Records::Kind::kRevokedToken).size(), 1u);
  peer.vfs.fail(FailingVfs::kWrite, 0, 1'000'000, SQLITE_FULL);
  CHECK(keep("b") == Status::kUnavailable);
  peer.vfs.heal();
  CHECK(keep("c") == Status::kOk);
  CHECK_EQ(peer.load(Records::Kind::kRevokedToken).size(), 3u);
}

TEST(a_disk_that_fails_now_and_then_is_one_line) {
  Peer peer;
  CHECK_EQ(peer.open(), "");
  for (uint64_t offset = 1; offset <= 50; ++offset) {
    peer.vfs.fail(FailingVfs::kWrite, 0, 1'000'000, SQLITE_IOERR);
    CHECK(peer.append("room", offset, "x") == Status::kUnavailable);
    peer.vfs.heal();
    CHECK(peer.append("room", offset, "x") == Status::kOk);
  }
  CHECK_EQ(peer.events.size(), 1u);
  peer.until([&] { return peer.events.size() == 2; });
  CHECK(peer.events[1].first == StoreSettings::Event::kWorksAgain);
}
