#include "core/room/streams.h"

#include <algorithm>
#include <cassert>
#include <string>

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

// Streams with the same encoder. They share its work, and those with a packer share that of the packer, too.
class Alike final : public FrameSink {
 public:
  void add(RoomStream& one) {
    if (one.kind.packer) packer_ = one.kind.packer;
    (one.kind.packer ? packed_ : plain_).add(one.stream);
  }
  void append(std::string_view header, std::string_view payload) override {
    plain_.append(header, payload);
    if (packer_) FrameString(frames_).append(header, payload);
  }

  // To be called when the message is whole.
  void pack() {
    if (packer_) packer_->pack(packed_, frames_);
  }

 private:
  Tee plain_;
  Tee packed_;
  Packer* packer_ = nullptr;
  std::string frames_;  // for the packer
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

bool RoomStreams::has_readers_of_changes() const {
  return std::any_of(made_.begin(), made_.end(), [](const auto& one) {
    return (one->kind.patch || one->kind.next != kNoKind) && one->has_readers();
  });
}

void RoomStreams::encode(FrameSink& sink, const StreamKind& kind, const Event& event) {
  if (!kind.patch || event.kind != Event::Kind::kPublication) return kind.encode(sink, event);
  Event changed = event;
  changed.patch = last_.patch_to(event.message, kind.patch);
  kind.encode(sink, changed);
}

// The table is short: comparing pointers costs less than a second encoding.
void RoomStreams::append(const Event& event) {
  publication_ = event.kind == Event::Kind::kPublication;
  for (size_t i = 0; i < made_.size(); ++i) {
    RoomStream& first = *made_[i];
    if (!wants(first, event)) continue;
    auto alike = [&](const std::unique_ptr<RoomStream>& other) {
      return other->kind.encode == first.kind.encode && wants(*other, event);
    };
    auto here = made_.begin() + static_cast<ptrdiff_t>(i);
    if (std::any_of(made_.begin(), here, alike)) continue;
    auto next = std::find_if(here + 1, made_.end(), alike);
    if (next == made_.end() && !first.kind.packer) {
      encode(first.stream, first.kind, event);
      continue;
    }
    Alike all;
    all.add(first);
    for (; next != made_.end(); next = std::find_if(next + 1, made_.end(), alike)) all.add(**next);
    encode(all, first.kind, event);
    all.pack();
  }
  if (publication_ && has_readers_of_changes()) last_.stage(event.message);
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
  streams_.publication_ = false;
  for (size_t i = 0; i < streams_.made_.size(); ++i) marks_[i] = streams_.made_[i]->stream.mark();
}

void RoomStreams::Attempt::keep() {
  kept_ = true;
  if (!streams_.publication_) return;
  streams_.last_.keep_staged();
  for (const auto& one : streams_.made_) one->published = one->stream.head();
}

RoomStreams::Attempt::~Attempt() {
  if (kept_) return;
  streams_.last_.drop_staged();
  for (size_t i = 0; i < streams_.made_.size(); ++i) streams_.made_[i]->stream.roll_back(marks_[i]);
}

}  // namespace lws_chat
