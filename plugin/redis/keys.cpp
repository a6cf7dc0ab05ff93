#include "redis/keys.h"

#include <initializer_list>
#include <utility>

namespace lws_chat {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (std::string_view part : parts) text += part;
  return text;
}

}  // namespace

RedisKeys::RedisKeys(std::string prefix)
    : prefix_(std::move(prefix)),
      client_(prefix_ + ".client."),
      control_(prefix_ + ".control"),
      lineage_(prefix_ + ".lineage") {}

RoomNames RedisKeys::of_room(std::string_view room) const {
  return {joined({client_, room}), joined({prefix_, ".stream.", room}), joined({prefix_, ".stream.meta.", room})};
}

PresenceNames RedisKeys::of_presence(std::string_view room) const {
  return {joined({prefix_, ".presence.expire.", room}),      joined({prefix_, ".presence.data.", room}),
          joined({prefix_, ".presence.user.expire.", room}), joined({prefix_, ".presence.user.clients.", room}),
          joined({prefix_, ".presence.told.", room}),        lineage_};
}

std::string RedisKeys::result(std::string_view room, std::string_view key) const {
  return joined({prefix_, ".result.", room, ".", key});
}

std::string RedisKeys::session(std::string_view digest) const { return joined({prefix_, ".session.", digest}); }

std::string RedisKeys::publisher(std::string_view node) const { return joined({prefix_, ".publisher.", node}); }

std::string RedisKeys::trial() const { return joined({prefix_, ".trial"}); }

std::string RedisKeys::node(std::string_view node) const { return joined({prefix_, ".node.", node}); }

std::string RedisKeys::revoked() const { return joined({prefix_, ".revoked"}); }

std::string RedisKeys::revoked_until() const { return joined({prefix_, ".revoked.until"}); }

std::string_view RedisKeys::room_of(std::string_view channel) const {
  if (channel.compare(0, client_.size(), client_) != 0) return {};
  return channel.substr(client_.size());
}

}  // namespace lws_chat
