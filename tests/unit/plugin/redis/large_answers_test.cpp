// Scripts never answer with more than a node takes: what is in a room must not end the link to its server.
#include "redis/presence_script.h"
#include "redis/room_script.h"
#include "redis/server_connection.h"
#include "support/broker_fixture.h"
#include "support/redis_process.h"
#include "support/shell_link.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

const RoomNames kRoom{"c", "stream", "meta"};

struct Fixture {
  // Redis makes the bytes: string.rep() in a script would take seconds of a busy machine.
  void add(uint64_t offset, size_t bytes) {
    link({"SETRANGE", "bytes", std::to_string(bytes - 1), "x"});
    link({"EVAL", "return redis.call('XADD', KEYS[1], ARGV[1], 'd', redis.call('GET', KEYS[2]))", "2", kRoom.stream,
          "bytes", std::to_string(offset)});
    link({"DEL", "bytes"});
    link({"HSET", kRoom.meta, "e", "epoch", "s", std::to_string(offset)});
  }

  // The sizes of the messages from there on.
  std::vector<size_t> sizes(uint64_t from) {
    std::vector<size_t> sizes;
    run_position(link, kRoom, {1000, 60, 60}, {"lineage", "", "run", "place", true}, {"fresh", from, 200},
                 [&](const RedisReply& reply, Time) {
                   PositionAnswer answer = read_position(reply).value();
                   for (const StreamEntry& entry : answer.entries) sizes.push_back(entry.publication.size());
                 });
    return sizes;
  }

  unit::RedisProcess redis;
  unit::ShellLink link{redis};
};

}  // namespace

TEST(a_history_of_large_messages_is_read_in_parts) {
  Fixture f;
  for (uint64_t offset = 1; offset <= 5; ++offset) f.add(offset, 6'000'000);
  CHECK_EQ(f.sizes(1).size(), 2u);
  CHECK_EQ(f.sizes(3).size(), 2u);
  CHECK_EQ(f.sizes(5).size(), 1u);
  f.add(6, 20'000'000);
  f.add(7, 10);
  f.add(8, 10);
  CHECK((f.sizes(6) == std::vector<size_t>{20'000'000, 10}));
}

TEST(a_message_that_no_node_takes_is_no_publication) {
  Fixture f;
  f.add(1, 110'000'000);
  f.add(2, 10);
  CHECK((f.sizes(1) == std::vector<size_t>{1, 10}));
  RoomPayload payload;
  PayloadReader reader;
  CHECK(!reader.read_entry("\xff", 1, payload));
}

TEST(a_list_of_members_that_no_node_takes_is_refused) {
  Fixture f;
  const PresenceNames room{"expire", "data", "users", "clients", "told", "lineage"};
  RedisReply answer;
  auto read = [&] { run_presence_read(f.link, room, [&](const RedisReply& reply, Time) { answer = reply; }); };
  constexpr char kAdd[] = "for i = 1, ARGV[1] do redis.call('HSET', KEYS[1], i, ARGV[2]) end";
  f.link({"EVAL", kAdd, "1", room.data, "100", "info"});
  read();
  CHECK_EQ(answer.items.size(), 200u);
  f.link({"EVAL", kAdd, "1", room.data, "100", std::string(1'000'000, 'x')});
  read();
  CHECK(answer.is_error() && answer.text.find("LARGE") == 0);
}

TEST(a_part_of_a_history_that_ends_with_what_is_no_publication_is_read_once) {
  Hub::Settings settings = BrokerFixture::shared_rooms();
  settings.rooms.history.messages = 1000;
  BrokerFixture f(settings);
  f.connect();
  Reader& reader = f.ask_to_join("room");
  f.link.confirm();
  RedisReply part = BrokerFixture::position("e", 3, {{1, "one"}, {2, "two"}});
  part.items[3].items[1].items[1].items[1].text = "\xff";
  f.link.answer("position", part);
  CHECK_EQ(f.link.call("position").arguments.at(6), "3");
  f.link.answer("position", BrokerFixture::position("e", 3, {{3, "three"}}));
  f.turn();
  CHECK_EQ(reader.room()->history().first(), 3u);
}
