#include "core/room/reclaim.h"

namespace lws_chat {

void Reclaim::run(Time now) {
  while (memory_.over_limit() && presence_.forget_oldest_lists()) continue;
  while (memory_.over_limit()) {
    if (Block* page = memory_.pool.oldest(BlockKind::kHistory)) {
      forget_page(*page);
      continue;
    }
    Block* segment = memory_.pool.oldest(BlockKind::kStream);
    if (!segment || !dismiss_slowest(*segment, now)) return;
  }
}

void Reclaim::forget_page(Block& page) {
  Room& room = *page.owner;
  room.history().forget_oldest_page();
  if (room.history().empty()) table_.note_no_history(room);
}

// Dismisses the readers that stand in the oldest segment and do not move on. Returns true if that freed it.
bool Reclaim::dismiss_slowest(Block& segment, Time now) {
  Room& room = *segment.owner;
  const RoomStream& slow = room.streams().owner_of(segment);
  const Stream& stream = slow.stream;
  Cursor tail = stream.tail();
  uint64_t rest = stream.head() - tail - stream.unread(tail, stream.head()).size();
  auto each_behind = [&](auto&& serve) {
    for (size_t i = room.members().size(); i-- > 0;)
      if (Client& client = *room.members()[i]; client.reads(slow) && client.lag() > rest) serve(client);
  };
  {
    RoomTable::Walk walk(table_, room);
    each_behind([&](Client& client) { flush_.pump(client, now); });
    // Gathered writes count as taken only when they are sent.
    if (fanout_) (void)fanout_->complete();
    each_behind([&](Client& client) { membership_.dismiss(client, {Status::kSlow}, now); });
  }
  bool freed = stream.tail() != tail;
  table_.forget_unused(room);
  return freed;
}

}  // namespace lws_chat
