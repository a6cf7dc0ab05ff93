#include "redis/keys.h"

#include "support/unit.h"

using namespace lws_chat;

// The names are those that `redis-cli KEYS '*'` and PUBSUB CHANNELS showed beside Centrifugo 6.9.1.
TEST(names_are_those_of_centrifugo) {
  RedisKeys keys("centrifugo");
  RoomNames room = keys.of_room("chat:1");
  CHECK_EQ(room.channel, "centrifugo.client.chat:1");
  CHECK_EQ(room.stream, "centrifugo.stream.chat:1");
  CHECK_EQ(room.meta, "centrifugo.stream.meta.chat:1");
  CHECK_EQ(keys.result("chat:1", "k"), "centrifugo.result.chat:1.k");
  PresenceNames presence = keys.of_presence("chat:1");
  CHECK_EQ(presence.expire, "centrifugo.presence.expire.chat:1");
  CHECK_EQ(presence.data, "centrifugo.presence.data.chat:1");
  CHECK_EQ(presence.user_expire, "centrifugo.presence.user.expire.chat:1");
  CHECK_EQ(presence.user_clients, "centrifugo.presence.user.clients.chat:1");
  CHECK_EQ(presence.told, "centrifugo.presence.told.chat:1");
  CHECK_EQ(keys.control(), "centrifugo.control");
  CHECK_EQ(keys.node("n"), "centrifugo.node.n");
}

TEST(a_room_is_known_by_its_channel) {
  RedisKeys keys("a.b");
  CHECK_EQ(keys.room_of(keys.of_room("x.client.y").channel), "x.client.y");
  CHECK_EQ(keys.room_of(keys.control()), "");
  CHECK_EQ(keys.room_of(keys.node("client.x")), "");
  CHECK_EQ(keys.room_of("a.c.client.x"), "");
  CHECK_EQ(keys.room_of(""), "");
}
