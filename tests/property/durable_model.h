// Random operations on a hub with a journal that answers late, fails, and survives crashes, compared with a simple
// model: a list of messages for each room, which is what has reached the disk. A reader gets exactly this list from its
// position on, or is told that it cannot; nobody is told of a message that is not on the disk; what was acknowledged is
// there once.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/hub.h"
#include "core/recovery.h"
#include "support/hub_kinds.h"
#include "support/journal_double.h"

namespace lws_chat::durable_model {

constexpr Time kInterval = 1000;
constexpr Time kAge = 400 * kInterval;
constexpr uint64_t kMost = 40;
constexpr uint64_t kInMemory = 5;
constexpr unsigned kRooms = 4;

// Chooses a number below n. Every choice of a model comes from here.
using Pick = std::function<unsigned(unsigned n)>;

inline unsigned running_seed = 0;

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "broken: %s; 5000 operations with seed %u\n", what, running_seed);
  std::abort();
}

// A message is sent as "OFFSET=PAYLOAD;".
inline void encode(FrameSink& sink, const Event& event) {
  sink.append(std::to_string(event.offset) + "=", std::string(event.message.payload) + ";");
}

class Model;

// Comes, goes and comes back to its room. It knows the last position that it was told.
struct Reader final : Client {
  Reader(Model& of, std::string name) : Client(kMember), model(of), room_name(std::move(name)) {}
  bool ready() override { return appetite > 0; }
  size_t write(std::string_view frames) override;
  void dismissed(Ending ending, Time) override {
    if (ending.why == Status::kSlow || ending.why == Status::kInternalError) fail("dismissed without a cause");
  }

  Model& model;
  const std::string room_name;
  int appetite = 1 << 30;    // number of writes before it is not ready
  bool one_message = false;  // takes a message at a time
  bool joins = false;        // Hub::join() has not answered
  std::optional<Position> seen{};
  bool comes_back = false;
  uint64_t replay = 0;  // messages that a newcomer wants
  uint64_t top = 0;     // the offset of the room's last message when it joined

  void check_first(uint64_t offset) const;
};

class Model {
 public:
  explicit Model(Pick pick) : pick_(std::move(pick)) { start(); }

  void step() {
    journal_->clock = now_ += pick_(kInterval / 2);
    unsigned dice = pick_(100);
    if (dice < 8) return come();
    if (dice < 14) return go();
    if (dice < 45) return publish();
    if (dice < 60) return hub_->flush(now_, 1 + pick_(20));
    if (dice < 75) return answer();
    if (dice < 90) return resume();
    if (dice < 94) return change_journal();
    if (dice < 97) return lose_memory();
    if (dice < 98) return remove();
    if (pick_(4) == 0) crash();
  }

  // Everything works again, and all readers read to the end.
  void finish() {
    calm();
    for (auto& reader : readers_) {
      if (!reader->room()) continue;
      reader->appetite = 1 << 30;
      for (int i = 0; i < 100 && reader->behind(); ++i) hub_->pump(*reader, now_);
    }
    calm();
    for (auto& reader : readers_) {
      if (!reader->room()) continue;
      if (reader->behind() || reader->waits_for_page()) fail("a willing reader is behind");
      // A newcomer may have found only messages that are too old.
      uint64_t told = reader->seen ? reader->seen->offset : reader->top;
      if (told != log(reader->room_name).size()) fail("a willing reader lacks messages");
      hub_->leave(*reader, now_);
    }
    readers_.clear();
    if (promised_ != kept_) fail("a publication was not answered");
    journal_->clock = now_ += kAge + 1;
    calm();
    if (hub_->rooms().size() != 0 || hub_->memory().in_use() != 0) fail("something is left of empty rooms");
  }

  // What has reached the disk, by offset - 1.
  const std::vector<std::string>& log(const std::string& room) { return logs_[room]; }

  // Offset of the oldest message that can still be had.
  uint64_t fresh_from(const std::string& room) { return journal_->fresh_from(disk_[room], settings().rooms.history); }

  size_t recovered = 0;
  size_t gaps = 0;
  size_t crashes = 0;
  size_t pages = 0;

 private:
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = 1 << 20;
    settings.flush_interval = kInterval;
    settings.max_rooms = kRooms - 1;
    settings.max_memory = 4 << 20;
    settings.rooms.history = {kMost, 1 << 20, kAge, kInMemory};
    settings.rooms.durable = true;
    return settings;
  }

  void start() {
    journal_ = std::make_unique<JournalDouble>(disk_);
    journal_->clock = now_;
    journal_->written = [this](const std::string& room, uint64_t offset, std::string_view payload) {
      if (offset != logs_[room].size() + 1) fail("a message was renumbered");
      if (!payloads_.emplace(payload).second) fail("a message is there twice");
      logs_[room].emplace_back(payload);
    };
    HubSeams seams;
    seams.journal = journal_.get();
    hub_ = std::make_unique<Hub>(settings(), core_kinds(encode, encode), seams);
  }

  std::string any_room() { return std::string(1, static_cast<char>('a' + pick_(kRooms))); }
  Reader* any() { return readers_.empty() ? nullptr : readers_[pick_(static_cast<unsigned>(readers_.size()))].get(); }

  // A new reader comes, or one that was there before comes back.
  void come() {
    Reader* reader = any();
    if (!reader || reader->room() || reader->joins) {
      if (readers_.size() > 30) return;
      readers_.push_back(std::make_unique<Reader>(*this, any_room()));
      reader = readers_.back().get();
      reader->one_message = pick_(3) == 0;
    }
    if (pick_(3) == 0) reader->appetite = static_cast<int>(pick_(4));
    reader->replay = !reader->seen && pick_(2) == 0 ? 1 + pick_(50) : 0;
    reader->comes_back = reader->seen.has_value();
    reader->joins = true;
    hub_->join(*reader, {reader->room_name, reader->replay}, now_).then([this, reader](Status status) {
      reader->joins = false;
      if (status == Status::kOk) came(*reader);
      if (status != Status::kOk && status != Status::kUnavailable && status != Status::kTooManyRooms)
        fail("a join failed without a cause");
    });
  }

  // As the sessions do: the hub tells where the reader is, and what it has missed.
  void came(Reader& reader) {
    const Room& room = *reader.room();
    Position top{room.epoch(), room.history().top()};
    check_position(reader.room_name, top);
    if (!reader.comes_back) {
      reader.top = top.offset;
      if (!reader.replay) reader.seen = top;
      return;
    }
    Position seen = *reader.seen;
    if (seen.epoch != top.epoch || seen.offset > top.offset) fail("a crash took back a position");
    Recovery recovery = recover(*hub_, reader, &seen, now_);
    if (recovery.whole && recovery.next != seen.offset + 1) fail("a recovery does not begin at the next message");
    if (recovery.whole)
      ++recovered;
    else
      ++gaps;
    if (!recovery.whole && seen.offset + 1 >= std::max(fresh_from(reader.room_name), room.first_kept()))
      fail("a gap where there is none");
    if (!recovery.whole) reader.seen = top;
    hub_->pump(reader, now_);
  }

  void go() {
    Reader* reader = any();
    if (!reader) return;
    hub_->leave(*reader, now_);
    reader->joins = false;
    if (reader->seen && pick_(3) > 0) return;  // it may come back
    readers_.erase(std::find_if(readers_.begin(), readers_.end(), [&](auto& one) { return one.get() == reader; }));
  }

  void publish() {
    if (journal_->writes.size() > kMost / 2) return answer();
    std::string room = any_room();
    std::string payload = room + std::to_string(++counter_);
    Message message{payload};
    if (pick_(10) == 0) message.version = 1 + pick_(1000);
    ++promised_;
    hub_->publish(kServerGrant, {room, message}, now_)
        .then([this, room, payload, late = message.version > 0](const Published& done) {
          ++kept_;
          if (done.status != Status::kOk) return refused(done.status);
          check_position(room, done.position);
          if (!late && log(room)[done.position.offset - 1] != payload) fail("another message is at the position");
        });
  }

  void refused(Status why) {
    if (why != Status::kUnavailable && why != Status::kTooManyRooms) fail("refused without a cause");
  }

  // Nobody may be told of what a crash could take back.
  void check_position(const std::string& room, const Position& position) {
    if (position.offset > log(room).size()) fail("a position that is not on the disk");
    if (position.epoch != disk_[room].epoch) fail("an epoch that is not on the disk");
  }

  void answer() {
    JournalDouble::answer(pick_(2) == 0 ? journal_->writes : journal_->reads, 1 + pick_(6));
    if (pick_(2) == 0) hub_->flush(now_, 100);
  }

  void resume() {
    Reader* reader = any();
    if (!reader) return;
    reader->appetite = pick_(3) == 0 ? static_cast<int>(pick_(4)) : 1 << 30;
    hub_->pump(*reader, now_);
  }

  void change_journal() {
    auto status = [this] { return pick_(3) == 0 ? Status::kUnavailable : Status::kOk; };
    journal_->write_status = status();
    journal_->read_status = status();
    journal_->at_once = pick_(3) == 0;
  }

  void lose_memory() {
    if (Room* room = hub_->find(any_room())) room->history().forget_oldest_page();
  }

  void remove() {
    std::string name = any_room();
    if (pick_(20) > 0) return;
    if (Room* room = hub_->find(name); room && room->usable()) (void)hub_->forget_history(*room);
  }

  void crash() {
    ++crashes;
    for (auto& reader : readers_) {
      hub_->leave(*reader, now_);
      reader->joins = false;
    }
    // Those that have got nothing know nothing.
    readers_.erase(std::remove_if(readers_.begin(), readers_.end(), [](auto& one) { return !one->seen; }),
                   readers_.end());
    promised_ = kept_ = 0;
    pages += journal_->pages;
    hub_.reset();
    journal_->crash(pick_(static_cast<unsigned>(journal_->writes.size()) + 1));
    start();
  }

  // Nothing is under way any more.
  void calm() {
    journal_->write_status = journal_->read_status = Status::kOk;
    for (int i = 0; i < 300; ++i) {
      journal_->answer_all();
      journal_->clock = now_ += 10;
      hub_->flush(now_, 1000);
    }
  }

  friend struct Reader;

  Pick pick_;
  Time now_ = 1;
  JournalDouble::Disk disk_;
  std::unique_ptr<JournalDouble> journal_;
  std::unique_ptr<Hub> hub_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::map<std::string, std::vector<std::string>> logs_;
  std::set<std::string, std::less<>> payloads_;
  size_t counter_ = 0;
  size_t promised_ = 0;
  size_t kept_ = 0;
};

// A newcomer gets as many messages as it wants, or as there are.
inline void Reader::check_first(uint64_t offset) const {
  uint64_t last = joins ? room()->history().top() : top;
  uint64_t wanted = last + 1 - std::min(last, replay);
  if (offset < wanted) fail("more was replayed than asked for");
  if (offset > std::max(model.fresh_from(room_name), wanted)) fail("a newcomer missed what there is");
}

inline size_t Reader::write(std::string_view frames) {
  --appetite;
  size_t taken = one_message ? frames.find(';') + 1 : frames.size();
  const std::vector<std::string>& log = model.log(room_name);
  for (std::string_view rest = frames.substr(0, taken); !rest.empty();) {
    size_t middle = rest.find('=');
    size_t end = rest.find(';');
    uint64_t offset = std::strtoull(std::string(rest.substr(0, middle)).c_str(), nullptr, 10);
    if (offset > log.size()) fail("a reader sees what is not on the disk");
    if (log[offset - 1] != rest.substr(middle + 1, end - middle - 1)) fail("a reader sees another message");
    if (seen && seen->offset + 1 != offset) fail("a reader missed a message, or got it twice");
    if (!seen) check_first(offset);
    seen = Position{room()->epoch(), offset};
    rest.remove_prefix(end + 1);
  }
  return taken;
}

}  // namespace lws_chat::durable_model
