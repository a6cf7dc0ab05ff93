// Random joins, leaves, publishes, stalls and flushes in a few rooms, compared with a simple model. In the model, each
// life of a room is one long string. A reader's data must be a piece of it without a gap, from the point where the
// reader joined (or from the first replayed message). A dismissed reader must know the reason. Memory must stay within
// its limit. What readers of deltas get is decoded first, as an SDK does it: they must have the whole messages.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/hub.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/stream_kinds.h"
#include "support/delta_reader.h"
#include "support/hub_calls.h"
#include "wire/frame.h"

namespace lws_chat::model {

constexpr uint64_t kMaxLag = 60000;
constexpr uint64_t kMaxMemory = 400000;
constexpr Time kInterval = 2000;
constexpr unsigned kRooms = 5;
constexpr uint64_t kHistory = 20;
constexpr unsigned kKinds = kWholeWatchingKind + 1;  // nobody begins with the others

// Chooses a number below n. Every choice of a model comes from here.
using Pick = std::function<unsigned(unsigned n)>;

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// The data for one kind of readers in one life of a room.
struct Log final : FrameSink {
  std::string bytes;
  std::vector<size_t> starts;  // of the messages, by offset - 1

  void append(std::string_view header, std::string_view payload) override {
    bytes += header;
    bytes += payload;
  }
};

struct Reader final : Client {
  explicit Reader(KindId kind) : Client(kind) {}
  Log* log = nullptr;
  size_t start = 0;        // in the log
  std::string got;         // with deltas decoded
  size_t verified = 0;     // bytes of it already compared
  DeltaReader deltas;      // of a reader of deltas
  std::string undecoded;   // what it has got, from the last message that is not complete
  int appetite = 1 << 30;  // number of writes before it is not ready
  bool one_frame = false;  // takes a frame at a time, as over HTTP/2
  bool breaks = false;
  bool broken = false;
  bool in_batch = false;
  std::string_view in_batch_bytes;
  std::vector<Reader*>* gathering = nullptr;  // notes writes that end with the flush
  Status why = Status::kOk;
  size_t stop = SIZE_MAX;  // length of the log at its dismissal

  bool ready() override { return appetite > 0; }
  size_t write(std::string_view frames) override {
    if (broken || why != Status::kOk) fail("written to after its end");
    if (breaks) return broken = true, 0;
    --appetite;
    size_t taken = one_frame ? piece(frames) : frames.size();
    if (in_batch) fail("two writes of one reader were gathered");
    if (!gathering) take(frames.substr(0, taken));
    if (gathering) {
      in_batch = true;
      in_batch_bytes = frames.substr(0, taken);
      set_gathered(true);
      gathering->push_back(this);
    }
    return taken;
  }
  // An event stream has no frames. Over HTTP/2 it may take any number of bytes.
  size_t piece(std::string_view frames) const {
    return kind() == kEventsKind ? (frames.size() + 1) / 2 : first_frame(frames).size;
  }
  // The bytes are read only now, as io_uring does.
  void sent() {
    take(in_batch_bytes);
    in_batch = false;
    set_gathered(false);
  }
  bool reads_deltas() const { return kind() == kWholeKind || kind() == kWholeWatchingKind; }
  void take(std::string_view bytes) {
    if (!reads_deltas()) return void(got += bytes);
    undecoded += bytes;
    std::string_view rest = undecoded;
    std::string message;
    size_t decoded = 0;
    for (size_t at = 0; at < rest.size();) {
      Frame frame = first_frame(rest.substr(at));
      at += frame.size;
      message += frame.payload;
      if (!frame.final) continue;
      decode(message);
      message.clear();
      decoded = at;
    }
    undecoded.erase(0, decoded);
  }
  // Makes the message that it would be without deltas.
  void decode(std::string_view push) {
    JsonValue channel, offset;
    if (!DeltaReader::find(push, {"push", "channel"}, channel) ||
        !DeltaReader::find(push, {"push", "pub", "offset"}, offset))
      fail("a push without channel or offset");
    std::string data = deltas.read_push(push);
    FrameString frames(got);
    append_whole_push(frames, {Event::Kind::kPublication, unquoted(channel), Message{data, Format::kJson},
                               std::strtoull(std::string(offset.text).c_str(), nullptr, 10)});
  }
  void dismissed(Ending ending, Time) override {
    if (ending.why == Status::kSlow && appetite > 1000 && why == Status::kOk && !replaying)
      fail("a willing reader was called slow");
    why = ending.why;
  }
  bool replaying = false;  // joined with a replay; the history may drop its next messages
};

class Model final : private Fanout {
 public:
  explicit Model(Pick pick) : pick_(std::move(pick)) {}
  ~Model() {
    for (auto& reader : readers_) hub_.leave(*reader, now_);
  }

  void step() {
    now_ += pick(kInterval / 2);
    unsigned dice = pick(100);
    if (readers_.empty() || (dice < 6 && readers_.size() < 60)) return join();
    if (dice < 10) return leave(pick(static_cast<unsigned>(readers_.size())));
    if (dice < 45) return publish(any());
    if (dice < 70) return flush(pick(8) + 1);
    if (dice < 85) return void(any().appetite = static_cast<int>(pick(3)));
    if (dice < 99) return resume(any());
    return dismiss(any());
  }

  // Lets all readers read to the end and leave. No message may be missing, and nothing may remain.
  void finish() {
    settle();
    for (auto& reader : readers_) {
      reader->appetite = 1 << 30;
      while (reader->behind() && reader->room()) hub_.pump(*reader, now_);
      verify(*reader);
      if (reader->room() && reader->start + reader->got.size() != reader->log->bytes.size())
        fail("a willing reader lacks bytes");
    }
    while (!readers_.empty()) leave(0);
    now_ += settings().rooms.history.age + 1;
    settle();
    if (hub_.rooms().size() != 0 || hub_.memory().in_use() != 0) fail("something is left of empty rooms");
  }

  // Publications that readers got as deltas, after finish().
  size_t deltas() const { return deltas_; }

 private:
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = kMaxLag;
    settings.flush_interval = kInterval;
    settings.max_rooms = kRooms - 1;
    settings.max_memory = kMaxMemory;
    settings.rooms.history = {kHistory, 100000, 200 * kInterval};
    return settings;
  }

  unsigned pick(unsigned n) { return pick_(n); }
  Reader& any() { return *readers_[pick(static_cast<unsigned>(readers_.size()))]; }

  void join() {
    std::string name(1, static_cast<char>('a' + pick(kRooms)));
    auto reader = std::make_unique<Reader>(static_cast<KindId>(pick(kKinds)));
    reader->one_frame = pick(4) == 0;
    if (pick(3) == 0) reader->appetite = static_cast<int>(pick(4));
    uint64_t replay = pick(3) == 0 ? pick(30) : 0;
    reader->replaying = replay > 0;
    uint64_t top = 0;
    bool place = hub_.rooms().has_place(name);
    if (const Room* room = hub_.find(name)) top = room->history().top();
    // Look up the log before the join, because the join may write.
    Status status = lws_chat::join(hub_, *reader, name, 0, now_);
    if ((status == Status::kOk) != place) fail("has_place() was wrong");
    if (status != Status::kOk) return;
    const Room* room = hub_.find(name);
    reader->log = &log_of(*room, *reader);
    reader->start = reader->log->bytes.size();
    if (replay > 0) {
      // Join again, now with a replay. It begins at the oldest message of the history.
      hub_.leave(*reader, now_);
      if (!hub_.rooms().has_place(name)) fail("a place was lost");
      room = hub_.find(name);
      uint64_t first = top + 1;
      if (room) {
        // Read the start after the join, because expired messages are not replayed.
        reader->appetite = 0;
        if (lws_chat::join(hub_, *reader, name, replay, now_) != Status::kOk) fail("refused");
        first = std::max(room->history().first(), top + 1 - std::min(replay, top));
        if (room->history().count() > kHistory) fail("the history is too long");
        reader->log = &log_of(*room, *reader);
        if (first <= top) reader->start = reader->log->starts[first - 1];
        reader->appetite = 1 << 30;
        hub_.pump(*reader, now_);
      } else {
        if (lws_chat::join(hub_, *reader, name, replay, now_) != Status::kOk) fail("refused");
        reader->log = &log_of(*hub_.find(name), *reader);
        reader->start = reader->log->bytes.size();
      }
    }
    verify(*reader);
    readers_.push_back(std::move(reader));
  }

  Log& log_of(const Room& room, const Reader& reader) { return logs_[room.epoch()][reader.kind()]; }

  void leave(size_t i) {
    verify(*readers_[i]);
    deltas_ += readers_[i]->deltas.deltas;
    hub_.leave(*readers_[i], now_);
    readers_[i] = std::move(readers_.back());
    readers_.pop_back();
  }

  void publish(Reader& sender) {
    if (!sender.room()) return;
    unsigned size = pick(50) == 0 ? pick(40000) : pick(200);
    // Two texts after each other are often alike.
    std::string payload(size, static_cast<char>('a' + pick(2)));
    if (size > 0) payload[pick(size)] = static_cast<char>('a' + pick(26));
    Format format = static_cast<Format>(pick(3));
    if (format == Format::kJson) payload = '"' + payload + '"';
    Message message{payload, format};
    const Room& room = *sender.room();
    for (unsigned i = 0; i < kKinds; ++i) {
      Log& log = logs_[room.epoch()][i];
      log.starts.push_back(log.bytes.size());
      Event event{Event::Kind::kPublication, room.name(), message, room.history().top() + 1, room.epoch()};
      stream_kinds()[i].encode(log, event);
    }
    lws_chat::publish(hub_, sender, message, now_);
    if (hub_.memory().in_use() > kMaxMemory) fail("more memory than allowed");
  }

  Time complete() override {
    std::vector<Reader*> sent;
    sent.swap(gathered_);
    for (Reader* reader : sent) reader->sent();
    set_gathering(nullptr);
    for (Reader* reader : sent) hub_.pump(*reader, now_);
    if (flushing_) set_gathering(&gathered_);
    return now_;
  }

  void set_gathering(std::vector<Reader*>* where) {
    for (size_t i = 0; i < readers_.size(); i += 2) readers_[i]->gathering = where;
  }

  void flush_hub(size_t budget) {
    flushing_ = true;
    set_gathering(&gathered_);
    hub_.flush(now_, budget);
    set_gathering(nullptr);
    flushing_ = false;
  }

  void flush(unsigned budget) {
    flush_hub(budget);
    for (auto& reader : readers_) verify(*reader);
    if (pick(50) > 0) return;
    // After a whole flush no reader may be more than max-lag behind.
    settle();
    for (auto& reader : readers_)
      if (reader->room() && reader->lag() > kMaxLag) fail("a reader beyond max-lag stayed");
  }

  void resume(Reader& reader) {
    reader.appetite = pick(3) == 0 ? static_cast<int>(pick(4)) : 1 << 30;
    if (pick(200) == 0) reader.breaks = true;
    hub_.pump(reader, now_);
    verify(reader);
  }

  void dismiss(Reader& reader) {
    if (!reader.room() || reader.stop != SIZE_MAX) return;
    reader.stop = reader.log->bytes.size();
    hub_.dismiss_after_head(reader, Status::kGoingAway, now_);
  }

  // Flushes all rooms that are due now or soon, without waiting for a history to expire.
  void settle() {
    while (hub_.due() <= now_ + kInterval) {
      now_ = std::max(now_, hub_.due());
      flush_hub(1000);
    }
  }

  void verify(Reader& reader) {
    const std::string& bytes = reader.log->bytes;
    if (bytes.compare(reader.start + reader.verified, reader.got.size() - reader.verified, reader.got, reader.verified,
                      std::string::npos) != 0)
      fail("bytes lost, doubled or out of order");
    reader.verified = reader.got.size();
    if (reader.start + reader.got.size() > reader.stop) fail("sent something after the dismissal");
    if (!reader.room() && !reader.broken && reader.why == Status::kOk) fail("left without being told");
    if (reader.why == Status::kGoingAway && reader.start + reader.got.size() != reader.stop)
      fail("dismissed before it got everything");
  }

  Pick pick_;
  Time now_ = 0;
  Hub hub_{settings(), stream_kinds(), {this}};
  std::map<std::string, std::array<Log, kKinds>> logs_;  // by epoch
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<Reader*> gathered_;
  bool flushing_ = false;
  size_t deltas_ = 0;
};

}  // namespace lws_chat::model
