#include "core/room/streams.h"

#include <algorithm>
#include <cassert>

namespace lws_chat {
namespace {

// Gives what it takes to several streams.
class Tee final : public FrameSink {
 public:
  void add(Stream& stream) { streams_[count_++] = &stream; }
  void append(std::string_view header, std::string_view payload) override {
    for (size_t i = 0; i < count_; ++i) streams_[i]->append(header, payload);
  }

 private:
  std::array<Stream*, kMaxKinds> streams_;
  size_t count_ = 0;
};

bool wants(const RoomStream& one, const Event& event) {
  return one.has_readers() && (event.kind == Event::Kind::kPublication || one.kind.joins);
}

}  // namespace

RoomStream& RoomStreams::of(KindId kind) {
  for (const auto& one : made_)
    if (one->id == kind) return *one;
  assert(kind < kinds_.size());
  made_.push_back(std::make_unique<RoomStream>(kind, kinds_[kind], pool_, owner_));
  return *made_.back();
}

// The table is short: comparing pointers costs less than a second encoding.
void RoomStreams::append(const Event& event) {
  if (made_.size() == 1) {
    RoomStream& only = *made_.front();
    if (wants(only, event)) only.kind.encode(only.stream, event);
    return;
  }
  for (size_t i = 0; i < made_.size(); ++i) {
    RoomStream& first = *made_[i];
    if (!wants(first, event)) continue;
    auto alike = [&](const std::unique_ptr<RoomStream>& other) {
      return other->kind.encode == first.kind.encode && wants(*other, event);
    };
    auto here = made_.begin() + static_cast<ptrdiff_t>(i);
    if (std::any_of(made_.begin(), here, alike)) continue;
    auto next = std::find_if(here + 1, made_.end(), alike);
    if (next == made_.end()) {
      first.kind.encode(first.stream, event);
      continue;
    }
    Tee all;
    all.add(first.stream);
    for (; next != made_.end(); next = std::find_if(next + 1, made_.end(), alike)) all.add((*next)->stream);
    first.kind.encode(all, event);
  }
}

bool RoomStreams::tell_joins() const {
  return std::any_of(made_.begin(), made_.end(), [](const auto& one) { return one->kind.joins && one->has_readers(); });
}

RoomStream& RoomStreams::owner_of(const Block& segment) const {
  auto owner = std::find_if(made_.begin(), made_.end(), [&](const auto& one) { return one->stream.owns(segment); });
  assert(owner != made_.end());
  return **owner;
}

void RoomStreams::hold() {
  for (const auto& one : made_) one->stream.hold();
}

void RoomStreams::release() {
  for (const auto& one : made_) one->stream.release();
}

RoomStreams::Attempt::Attempt(RoomStreams& streams) : streams_(streams) {
  for (size_t i = 0; i < streams_.made_.size(); ++i) marks_[i] = streams_.made_[i]->stream.mark();
}

RoomStreams::Attempt::~Attempt() {
  for (size_t i = 0; !kept_ && i < streams_.made_.size(); ++i) streams_.made_[i]->stream.roll_back(marks_[i]);
}

}  // namespace lws_chat
