#include "core/room/room_name.h"

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

bool may_be_shared(std::string_view room) {
  constexpr std::string_view kOfPositions = "meta.";
  return room.substr(0, kOfPositions.size()) != kOfPositions;
}

std::string_view namespace_in(std::string_view room) {
  size_t colon = room.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = room.substr(0, colon);
  if (!name.empty() && name.front() == '$') name.remove_prefix(1);
  return name;
}

}  // namespace lws_chat
