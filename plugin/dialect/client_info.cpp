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

}  // namespace lws_chat
