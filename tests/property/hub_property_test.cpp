// Random joins, leaves, publishes, stalls and flushes against a model that is too simple to be wrong:
// the room is one long string, and what a reader has got is a piece of it that begins where the reader
// joined, without a gap. A reader that was dismissed has been told why.
//
//   property_hub [OPERATIONS [SEED]]
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/hub.h"
#include "dialect/frame.h"

using namespace lws_chat;

namespace {

constexpr uint64_t kMaxLag = 60000;
constexpr Time kInterval = 2000;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

struct Reader final : Client {
  std::string got;
  size_t verified = 0;     // bytes of it already compared
  uint64_t joined_at = 0;  // length of the room's string
  int appetite = 1 << 30;  // writes until it is not ready
  bool one_frame = false;  // takes a frame at a time, as over HTTP/2
  bool breaks = false;
  bool broken = false;
  Status why = Status::kOk;
  uint64_t stop = UINT64_MAX;  // length of the room's string at which it was to be dismissed

  bool ready() override { return appetite > 0; }
  size_t write(std::string_view frames) override {
    if (broken || why != Status::kOk) fail("written to after its end");
    if (breaks) return broken = true, 0;
    --appetite;
    size_t taken = one_frame ? first_frame(frames).size : frames.size();
    got += frames.substr(0, taken);
    return taken;
  }
  void dismissed(Status status, uint64_t lag) override {
    if (status == Status::kSlow && lag <= kMaxLag) fail("dismissed as slow within max-lag");
    why = status;
  }
};

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {}
  ~Model() {
    for (auto& reader : readers_) hub_.leave(*reader);
  }

  void run(long operations) {
    for (long i = 0; i < operations; ++i) step();
    settle();
    for (auto& reader : readers_) {
      reader->appetite = 1 << 30;
      hub_.pump(*reader);
    }
    for (auto& reader : readers_) {
      verify(*reader);
      if (reader->room() && reader->joined_at + reader->got.size() != log_.size()) fail("a willing reader lacks bytes");
    }
  }

 private:
  unsigned pick(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }
  Reader& any() { return *readers_[pick(static_cast<unsigned>(readers_.size()))]; }

  void step() {
    now_ += pick(kInterval / 2);
    unsigned dice = pick(100);
    if (readers_.empty() || (dice < 4 && readers_.size() < 60)) return join();
    if (dice < 7) return leave(pick(static_cast<unsigned>(readers_.size())));
    if (dice < 45) return publish();
    if (dice < 70) return flush(pick(8) + 1);
    if (dice < 85) return stall(any());
    if (dice < 99) return resume(any());
    return dismiss(any());
  }

  void join() {
    auto reader = std::make_unique<Reader>();
    reader->joined_at = log_.size();
    reader->one_frame = pick(4) == 0;
    hub_.join(*reader, hub_.lobby());
    readers_.push_back(std::move(reader));
  }

  void leave(size_t i) {
    verify(*readers_[i]);
    hub_.leave(*readers_[i]);
    readers_[i] = std::move(readers_.back());
    readers_.pop_back();
    if (readers_.empty()) settle();
  }

  void publish() {
    unsigned size = pick(50) == 0 ? pick(40000) : pick(200);
    std::string payload(size, static_cast<char>('a' + pick(26)));
    Message message{payload, pick(5) == 0};
    if (!hub_.lobby().members().empty()) {
      SegmentPool pool;
      Stream stream(pool);
      Cursor cursor = stream.join();
      append_message(stream, message);
      while (cursor < stream.head()) {
        std::string_view part = stream.unread(cursor, stream.head());
        log_ += part;
        cursor = stream.advance(cursor, part.size());
      }
      stream.leave(cursor);
    }
    hub_.publish(hub_.lobby(), message, now_);
  }

  void flush(unsigned budget) {
    hub_.flush(now_, budget);
    for (auto& reader : readers_) verify(*reader);
    if (hub_.lobby().stream().head() - hub_.lobby().stream().tail() > bound_) bound_check();
  }

  // After a whole flush nobody may be further behind than max-lag.
  void bound_check() {
    settle();
    for (auto& reader : readers_)
      if (reader->room() && reader->lag() > kMaxLag) fail("a reader beyond max-lag stayed");
  }

  void stall(Reader& reader) { reader.appetite = static_cast<int>(pick(3)); }

  void resume(Reader& reader) {
    reader.appetite = pick(3) == 0 ? static_cast<int>(pick(4)) : 1 << 30;
    if (pick(200) == 0) reader.breaks = true;
    hub_.pump(reader);
    verify(reader);
  }

  void dismiss(Reader& reader) {
    if (!reader.room() || reader.stop != UINT64_MAX) return;
    reader.stop = log_.size();
    hub_.dismiss_after_head(reader, Status::kGoingAway, now_);
  }

  void settle() {
    while (hub_.due() != Hub::kNever) {
      now_ = std::max(now_, hub_.due());
      hub_.flush(now_, 1000);
    }
  }

  void verify(Reader& reader) {
    if (log_.compare(reader.joined_at + reader.verified, reader.got.size() - reader.verified, reader.got,
                     reader.verified, std::string::npos) != 0)
      fail("bytes lost, doubled or out of order");
    reader.verified = reader.got.size();
    if (reader.joined_at + reader.got.size() > reader.stop) fail("sent something after the dismissal");
    if (!reader.room() && !reader.broken && reader.why == Status::kOk) fail("left without being told");
    if (reader.why == Status::kGoingAway && reader.joined_at + reader.got.size() != reader.stop)
      fail("dismissed before it got everything");
  }

  std::mt19937 random_;
  Time now_ = 0;
  Hub hub_{Hub::Settings{kMaxLag, kInterval}, append_message};
  std::string log_;
  std::vector<std::unique_ptr<Reader>> readers_;
  static constexpr uint64_t bound_ = 3 * kMaxLag;
};

}  // namespace

int main(int argc, char** argv) {
  long operations = argc > 1 ? std::atol(argv[1]) : 200000;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device()();
  std::printf("%ld operations, seed %u\n", operations, seed);
  std::fflush(stdout);
  // In pieces, so that the model's string does not grow without end.
  for (long done = 0; done < operations; done += 20000, ++seed) {
    Model model(seed);
    model.run(std::min(operations - done, 20000L));
  }
  std::puts("held");
}
