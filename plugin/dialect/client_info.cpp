#include "dialect/client_info.h"

#include <memory>
#include <utility>

#include "wire/json.h"

namespace lws_chat {

IdentityPtr make_identity(std::string client, std::string_view user, std::string_view conn_info) {
  auto identity = std::make_shared<Identity>();
  identity->client = std::move(client);
  identity->user = user;
  std::string& json = identity->json;
  json = "{\"user\":";
  append_quoted(json, user);
  json += ",\"client\":";
  append_quoted(json, identity->client);
  if (!conn_info.empty()) json.append(",\"conn_info\":").append(conn_info);
  json += '}';
  return identity;
}

IdentityPtr with_room_info(const Identity& identity, std::string_view chan_info) {
  auto in_room = std::make_shared<Identity>(identity);
  in_room->json.pop_back();
  in_room->json.append(",\"chan_info\":").append(chan_info).append("}");
  return in_room;
}

}  // namespace lws_chat
