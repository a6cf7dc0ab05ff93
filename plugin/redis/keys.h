#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// The names of a room in Redis.
struct RoomNames {
  std::string channel;  // of its messages, for PUBLISH and SUBSCRIBE
  std::string stream;   // its history: entry OFFSET-0 has the publication in the field `d`
  std::string meta;     // a hash: `e` epoch, `s` offset of the last message, `v` and `ve` its version, `l` its line,
                        // `b` bounds of the stream at the last publication: "MESSAGES SECONDS", `j` number of the
                        // last join or leave
};

// The names of a room's presence in Redis.
struct PresenceNames {
  std::string expire;        // a sorted set: client -> the second until which it is there
  std::string data;          // a hash: client -> ClientInfo
  std::string user_expire;   // as `expire`, for users
  std::string user_clients;  // a hash: user -> number of its clients
  std::string told;     // a hash: clients that others were told to have left because their time was over. Centrifugo
                        // has no such key
  std::string lineage;  // see RedisKeys::lineage()
};

// The names of keys and channels, all of them behind one prefix: those of Centrifugo 6.9 with a Redis that is no
// cluster.
class RedisKeys {
 public:
  explicit RedisKeys(std::string prefix);

  RoomNames of_room(std::string_view room) const;
  PresenceNames of_presence(std::string_view room) const;

  // The result of the publication with this idempotency key: a hash with `e` and `s` as in the meta key.
  std::string result(std::string_view room, std::string_view key) const;

  // A client's session by a digest of its secret key, see session_script.h. Centrifugo has no such key.
  std::string session(std::string_view digest) const;

  // A hash that says which server numbers rooms: `s` its run id, `p` the addresses at which nodes find it, `l` a name
  // for its line. The name stays as long as each server on the line has all that was numbered before. Centrifugo has no
  // such key.
  const std::string& lineage() const { return lineage_; }

  // "CONNECTION SERIES NUMBER": the last connection through which the node has published, and its last publication, see
  // PublishCall. Centrifugo has no such key.
  std::string publisher(std::string_view node) const;

  // Tokens that back ends have revoked. A hash: `t` and a token's id, or `u` and a user -> the second until which it
  // counts, and that before which the user's tokens were issued. And a sorted set of the same names by the former.
  // Centrifugo has no such keys.
  std::string revoked() const;
  std::string revoked_until() const;

  // Is written to see if the server writes, and is the prefix of other keys for that, see try_commands(). Centrifugo
  // has no such keys.
  std::string trial() const;

  // The channel that all nodes read, and the one that only this node reads.
  const std::string& control() const { return control_; }
  std::string node(std::string_view node) const;

  // Returns the name of the room whose channel this is; empty: it is no room's.
  std::string_view room_of(std::string_view channel) const;

 private:
  std::string prefix_;
  std::string client_;  // what stands before a room's name
  std::string control_;
  std::string lineage_;
};

}  // namespace lws_chat
