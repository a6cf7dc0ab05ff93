#include "core/room/room.h"

#include "core/utf8.h"

namespace lws_chat {

bool is_room_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxRoomName || !is_utf8(name) || name == "." || name == "..") return false;
  for (size_t i = 0; i < name.size(); ++i) {
    auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7f || c == '/') return false;
    // The C1 controls, U+0080 to U+009F.
    if (c == 0xc2 && static_cast<unsigned char>(name[i + 1]) < 0xa0) return false;
  }
  return true;
}

size_t Room::cost(size_t name_length) {
  constexpr size_t kNodes = 128;  // of the table of rooms and of what malloc adds, about
  return sizeof(Room) + sizeof(RoomStream) + kNodes + name_length;
}

Room::Room(BlockPool& pool, const StreamKinds& kinds, MemoryAccount& account, Namespace& group, std::string name,
           std::string epoch)
    : charge_(account),
      name_(std::move(name)),
      epoch_(std::move(epoch)),
      namespace_(group),
      streams_(pool, this, kinds),
      history_(pool, this, group.settings.history) {
  charge_.set(cost(name_.size()));
}

const RoomSettings& Room::settings() const { return namespace_.settings; }

void Room::add(Client& client) {
  RoomStream& stream = streams_.of(client.kind_);
  charge_.set(cost(name_.size()) + (streams_.made() - 1) * sizeof(RoomStream));
  members_.push_back(nullptr);
  client.room_ = this;
  client.stream_ = &stream;
  client.cursor_ = stream.stream.join();
  client.stop_ = Client::kNoStop;
  client.leaving_ = Status::kOk;
  client.replay_next_ = client.replay_end_ = 0;
  client.replay_taken_ = 0;
  place(client, members_.size() - 1);
}

void Room::remove(Client& client) {
  client.stream_->stream.leave(client.cursor_);
  client.stream_ = nullptr;
  client.room_ = nullptr;
  // Fill the hole with the last member, by way of the last one already served if a flush is under
  // way, so that nobody is served twice or passed over.
  size_t hole = client.index_;
  if (hole < next_) {
    --next_;
    if (hole != next_) place(*members_[next_], hole);
    hole = next_;
  }
  if (hole != members_.size() - 1) place(*members_.back(), hole);
  members_.pop_back();
}

void Room::place(Client& client, size_t index) {
  members_[index] = &client;
  client.index_ = static_cast<uint32_t>(index);
}

}  // namespace lws_chat
