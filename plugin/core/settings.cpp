#include "core/settings.h"

#include "core/room/room_name.h"

namespace lws_chat {

const RoomSettings& HubSettings::of(std::string_view room) const {
  std::string_view name = namespace_in(room);
  for (const auto& [space, settings] : namespaces)
    if (!name.empty() && space == name) return settings;
  return rooms;
}

}  // namespace lws_chat
