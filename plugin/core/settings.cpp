#include "core/settings.h"

#include "core/room/room_name.h"

namespace lws_chat {

size_t HubSettings::namespace_of(std::string_view room) const {
  std::string_view name = namespace_in(room);
  if (name.empty()) return 0;
  for (size_t i = 0; i < namespaces.size(); ++i)
    if (namespaces[i].first == name) return i + 1;
  return 0;
}

const RoomSettings& HubSettings::of(std::string_view room) const {
  size_t number = namespace_of(room);
  return number == 0 ? rooms : namespaces[number - 1].second;
}

}  // namespace lws_chat
