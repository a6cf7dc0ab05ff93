#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/identity.h"

// Who somebody is, as Centrifugo's nodes tell each other and as it stands in a room's presence: the protobuf message
// ClientInfo (github.com/centrifugal/protocol, definitions/client.proto).
namespace lws_chat {

// Appends the message for Identity::json. What has no field there is in one more field, which Centrifugo passes over,
// so that read_client_info() gives back the same JSON.
void append_client_info(std::string& bytes, std::string_view json);

// Reads such a message from anybody. Returns false if it is malformed. The JSON is an object on one line.
[[nodiscard]] bool read_client_info(std::string_view bytes, Identity& who);

// The message for a client that is on this node, in one more field. Others pass over it.
std::string client_info_on(const Identity& who, std::string_view node_uid);

// The node in such a message, a view of it. Empty: there is none, or the message is malformed.
std::string_view node_of_client(std::string_view bytes);

// The numbers of a join or leave, see HeardChanges.
struct ChangeNumbers {
  uint64_t before = 0;  // of the one before it in this room; 0: none
  uint64_t number = 0;  // its own; 0: the server had no memory to keep it
};

// Those in such a message, where announce() has put them. Nothing: it has none.
std::optional<ChangeNumbers> numbers_of_change(std::string_view bytes);

}  // namespace lws_chat
