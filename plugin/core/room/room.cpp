#include "core/room/room.h"

#include <utility>

namespace lws_chat {

size_t Room::cost(size_t name_length) {
  constexpr size_t kNodes = 128;  // about what the table of rooms and malloc add
  return sizeof(Room) + sizeof(RoomStream) + kNodes + name_length;
}

Room::Room(Memory& memory, const StreamKinds& kinds, const RoomSettings& settings, std::string name, std::string epoch)
    : charge_(memory.clients),
      name_(std::move(name)),
      epoch_(std::move(epoch)),
      settings_(settings),
      streams_(memory, this, kinds),
      history_(memory.pool, this, settings.history) {
  charge_.set(cost(name_.size()));
}

// What the journal has forgotten may still be in memory.
uint64_t Room::first_kept() const {
  return durable() ? std::min(std::max(first_in_journal_, history_.fresh_from()), history_.first()) : history_.first();
}

bool Room::is_outdated(const Message& message) const {
  const Message* last = delivery_slot.last_numbered();
  if (!last) return history_.is_outdated(message);
  if (message.version == 0 || message.version > last->version) return false;
  return message.version_epoch.empty() || message.version_epoch == last->version_epoch;
}

void Room::add(Client& client) {
  RoomStream& stream = streams_.of(client.kind_);
  if (stream.kind.next != kNoKind) (void)streams_.of(stream.kind.next);  // change_stream() may not fail
  charge_.set(cost(name_.size()) + (streams_.made() - 1) * sizeof(RoomStream));
  members_.push_back(nullptr);
  client.room_ = this;
  client.stream_ = &stream;
  client.cursor_ = stream.stream.join();
  client.stop_ = Client::kNoStop;
  client.leaving_ = Status::kOk;
  client.replay_next_ = client.replay_end_ = 0;
  client.replay_taken_ = 0;
  client.newcomer_ = false;
  place(client, members_.size() - 1);
}

void Room::remove(Client& client) {
  client.stream_->stream.leave(client.cursor_);
  client.stream_ = nullptr;
  client.room_ = nullptr;
  client.page_ = nullptr;
  // Fill the hole with the last member, by way of the last one already served if a flush is under way, so that nobody
  // is served twice or passed over.
  size_t hole = client.index_;
  if (hole < served_) {
    --served_;
    if (hole != served_) place(*members_[served_], hole);
    hole = served_;
  }
  if (hole != members_.size() - 1) place(*members_.back(), hole);
  members_.pop_back();
  if (members_.empty()) streams_.forget_last();
}

void Room::change_stream(Client& client) {
  RoomStream& next = streams_.of(client.stream_->kind.next);
  client.stream_->stream.leave(client.cursor_);
  client.stream_ = &next;
  client.cursor_ = next.stream.join();
}

void Room::place(Client& client, size_t index) {
  members_[index] = &client;
  client.index_ = static_cast<uint32_t>(index);
}

}  // namespace lws_chat
