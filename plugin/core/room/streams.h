#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/log/stream.h"
#include "core/log/stream_kind.h"
#include "core/memory.h"
#include "core/room/last_message.h"

namespace lws_chat {

// A stream of a room, for the readers of one kind.
struct RoomStream {
  RoomStream(KindId of, const StreamKind& row, BlockPool& pool, Room* owner) : id(of), kind(row), stream(pool, owner) {}

  bool has_readers() const { return stream.readers() > 0; }

  const KindId id;
  const StreamKind& kind;
  Stream stream;
  Cursor published = 0;  // the end of the last publication
};

// The streams of a room. A stream is made when the first reader of its kind comes, and lives as long as the room.
class RoomStreams {
 public:
  // The table of kinds has to outlive the streams.
  RoomStreams(Memory& memory, Room* owner, const StreamKinds& kinds)
      : pool_(memory.pool), owner_(owner), kinds_(kinds), last_(memory.clients) {}

  RoomStream& of(KindId kind);

  const StreamKind& kind(KindId id) const { return kinds_[id]; }

  size_t made() const { return made_.size(); }

  // Appends an event to the streams that have readers. Joins and leaves go only to kinds that are told of them.
  // Precondition: an Attempt is under way, and this is its only event.
  void append(const Event& event);

  // Nobody reads any more.
  void forget_last() { last_.forget(); }

  // Returns true if somebody is told who comes and goes.
  bool tell_joins() const;

  // The stream whose oldest block of memory this is.
  RoomStream& owner_of(const Block& segment) const;

  // Between hold() and release() the bytes of unread() stay where they are.
  void hold();
  void release();

  // Takes back what was appended in its lifetime, unless it is kept: an event reaches all or nobody. Until then no
  // reader may come, move or go.
  class Attempt {
   public:
    explicit Attempt(RoomStreams& streams);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    void keep();

   private:
    RoomStreams& streams_;
    std::array<Stream::Mark, kMaxKinds> marks_;
    bool kept_ = false;
  };

 private:
  void encode(FrameSink& sink, const StreamKind& kind, const Event& event);
  bool has_readers_of_changes() const;

  BlockPool& pool_;
  Room* owner_;
  const StreamKinds& kinds_;
  std::vector<std::unique_ptr<RoomStream>> made_;
  LastMessage last_;          // known only as long as somebody reads changes, or will
  bool publication_ = false;  // the event of the Attempt is one
};

}  // namespace lws_chat
