// Deltas in the structured dialect: who gets them, and that they fit to what the reader has.
#include <memory>
#include <string>
#include <vector>

#include "core/utf8.h"
#include "support/delta_reader.h"
#include "support/hub_calls.h"
#include "support/session_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string state(int number) {
  return "{\"clock\":" + std::to_string(number) + ",\"players\":\"" + std::string(300, 'p') + "\"}";
}

struct World : Fixture {
  static Hub::Settings with_deltas() {
    Hub::Settings settings = ample_settings();
    settings.namespaces[0].second.delta = Delta::kFossil;
    settings.namespaces.emplace_back("whole", settings.rooms);
    settings.namespaces.back().second.delta = Delta::kOff;
    return settings;
  }
  explicit World(const Hub::Settings& chosen = with_deltas()) : Fixture{{}, chosen} {}

  std::string subscribe_delta(SessionPeer& peer, const std::string& room = "room", const std::string& more = "") {
    connect(peer);
    std::string reply =
        ask(peer, R"({"id":2,"subscribe":{"channel":")" + room + R"(","delta":"fossil")" + more + "}}").at(0);
    CHECK_EQ(reply.substr(0, 21), R"({"id":2,"subscribe":{)");
    return reply;
  }
  void publish(const std::string& data, Format format = Format::kJson, bool ephemeral = false,
               const std::string& room = "room") {
    now += 10000;
    CHECK(lws_chat::publish(hub, room, Message{data, format, {}, {}, ephemeral}, now).status == Status::kOk);
    flush();
  }
  // Publishes, and returns what a reader is sent. It must stand for what was published.
  std::string sent(SessionPeer& peer, DeltaReader& reader, const std::string& data, Format format = Format::kJson,
                   const std::string& seen = "", bool ephemeral = false) {
    publish(data, format, ephemeral);
    std::string push = peer.take_one();
    CHECK_EQ(reader.read_push(push), seen.empty() ? data : seen);
    return push;
  }
};

}  // namespace

TEST(deltas_are_negotiated_if_client_and_room_want_them) {
  World world;
  CHECK(has(world.subscribe_delta(*world.a), "\"delta\":true"));
  world.connect(*world.b);
  CHECK(!has(world.ask(*world.b, R"({"id":2,"subscribe":{"channel":"room"}})").at(0), "delta"));
  auto c = world.peer();
  CHECK(!has(world.subscribe_delta(*c, "whole:room"), "delta"));
  world.publish("{\"a\":1}", Format::kJson, false, "whole:room");
  CHECK(has(c->take_one(), R"("data":{"a":1})"));
}

TEST(the_first_publication_is_whole_and_the_next_ones_are_changes) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  std::string first = world.sent(*world.a, reader, state(1));
  CHECK(has(first, R"("data":"{\"clock\":1,)"));
  CHECK(has(first, R"("offset":1})"));
  for (int i = 2; i < 20; ++i) {
    std::string next = world.sent(*world.a, reader, state(i));
    CHECK(has(next, R"(,"delta":true}})"));
    CHECK(has(next, "\"offset\":" + std::to_string(i)));
    CHECK(next.size() < 120);
  }
}

TEST(clients_that_did_not_ask_get_json) {
  World world;
  (void)world.subscribe_delta(*world.a);
  world.connect(*world.b), world.subscribe(*world.b);
  for (int i = 1; i < 4; ++i) world.publish(state(i));
  std::vector<std::string> pushes = world.b->take();
  CHECK_EQ(pushes.size(), 3u);
  for (int i = 1; i < 4; ++i) CHECK(has(pushes[static_cast<size_t>(i - 1)], "\"data\":" + state(i)));
}

TEST(a_newcomer_gets_a_whole_publication_and_the_others_go_on_with_deltas) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader old;
  (void)world.sent(*world.a, old, state(1));
  (void)world.subscribe_delta(*world.b);
  DeltaReader fresh;
  world.publish(state(2));
  std::string to_old = world.a->take_one();
  std::string to_fresh = world.b->take_one();
  CHECK_EQ(old.read_push(to_old), state(2));
  CHECK_EQ(fresh.read_push(to_fresh), state(2));
  CHECK(has(to_old, "\"delta\":true"));
  CHECK(!has(to_fresh, "\"delta\""));
  world.publish(state(3));
  to_old = world.a->take_one();
  CHECK_EQ(to_old, world.b->take_one());
  CHECK(has(to_old, "\"delta\":true"));
}

TEST(a_publication_that_is_not_alike_is_whole) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  for (const char* data : {"{\"a\":1}", "{\"a\":2}", "17", "null", "[\"something else\",1,2,3]"})
    CHECK(!has(world.sent(*world.a, reader, data), "delta"));
}

TEST(ephemeral_publications_are_part_of_the_chain) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  (void)world.sent(*world.a, reader, state(1));
  std::string ephemeral = world.sent(*world.a, reader, state(2), Format::kJson, "", true);
  CHECK(has(ephemeral, "\"delta\":true"));
  CHECK(!has(ephemeral, "offset"));
  CHECK(has(world.sent(*world.a, reader, state(3)), "\"delta\":true"));
}

TEST(rooms_without_history_have_deltas) {
  World world;
  CHECK(has(world.subscribe_delta(*world.a, "bare:room"), "\"delta\":true"));
  DeltaReader reader;
  for (int i = 0; i < 3; ++i) {
    world.publish(state(i), Format::kJson, false, "bare:room");
    CHECK_EQ(reader.read_push(world.a->take_one()), state(i));
  }
  CHECK_EQ(reader.deltas, 2u);
}

TEST(texts_and_bytes_are_changes_of_the_json_that_the_client_has) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  std::string text(200, 't');
  std::string bytes(150, '\xee');
  std::string base64;
  for (int i = 0; i < 50; ++i) base64 += "7u7u";
  std::string as_json = "\"" + text + "\\\"\"";
  std::string as_bytes = "{\"base64\":\"" + base64 + "\"}";
  (void)world.sent(*world.a, reader, text + "\"", Format::kText, as_json);
  CHECK(has(world.sent(*world.a, reader, "\"" + text + "\"", Format::kJson), "\"delta\":true"));
  CHECK(has(world.sent(*world.a, reader, text + "\"", Format::kText, as_json), "\"delta\":true"));
  (void)world.sent(*world.a, reader, bytes, Format::kBinary, as_bytes);
  CHECK(has(world.sent(*world.a, reader, bytes, Format::kBinary, as_bytes), "\"delta\":true"));
  CHECK(has(world.sent(*world.a, reader, as_bytes, Format::kJson), "\"delta\":true"));
}

TEST(a_delta_is_valid_utf8) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  for (const char* word : {"好", "奼", "å", "ä", "好"}) {
    std::string data = "\"";
    for (int i = 0; i < 40; ++i) data += "請輸入";
    CHECK(is_utf8(world.sent(*world.a, reader, data + word + data.substr(1) + "\"")));
  }
  CHECK_EQ(reader.deltas, 4u);
}

TEST(recovered_publications_are_whole_and_deltas_begin_after_the_next_one) {
  World world;
  (void)world.subscribe_delta(*world.a);
  for (int i = 1; i <= 4; ++i) world.publish(state(i));
  std::string reply =
      world.subscribe_delta(*world.b, "room", R"(,"recover":true,"offset":2,"epoch":")" + world.epoch() + "\"");
  CHECK(has(reply, "\"recovered\":true"));
  JsonValue publications;
  CHECK(DeltaReader::find(reply, {"subscribe", "publications"}, publications));
  DeltaReader reader;
  int next = 3;
  for (const JsonValue& publication : elements_of(publications)) CHECK_EQ(reader.read(publication), state(next++));
  CHECK_EQ(next, 5);
  CHECK(!has(world.sent(*world.b, reader, state(5)), "delta"));
  CHECK(has(world.sent(*world.b, reader, state(6)), "delta"));
}

TEST(a_client_that_missed_nothing_gets_the_next_publication_whole) {
  World world;
  (void)world.subscribe_delta(*world.a);
  world.publish(state(1));
  std::string reply =
      world.subscribe_delta(*world.b, "room", R"(,"recover":true,"offset":1,"epoch":")" + world.epoch() + "\"");
  CHECK(has(reply, "\"recovered\":true"));
  DeltaReader reader;
  CHECK(!has(world.sent(*world.b, reader, state(2)), "delta"));
  CHECK(has(world.sent(*world.b, reader, state(3)), "delta"));
}

TEST(a_slow_reader_gets_everything_in_order) {
  World world;
  (void)world.subscribe_delta(*world.a);
  (void)world.subscribe_delta(*world.b);
  world.a->appetite = 0;
  for (int i = 1; i <= 5; ++i) world.publish(state(i));
  world.a->appetite = 1 << 30;
  world.a->session.resume(world.now);
  world.publish(state(6));
  world.publish(state(7));
  DeltaReader slow, quick;
  for (auto [peer, reader] : {std::pair(world.a.get(), &slow), std::pair(world.b.get(), &quick)}) {
    int next = 1;
    for (const std::string& push : peer->take()) CHECK_EQ(reader->read_push(push), state(next++));
    CHECK_EQ(next, 8);
  }
  // What waited for the slow reader was whole, because it had no publication yet.
  CHECK_EQ(slow.wholes, 5u);
  CHECK_EQ(quick.wholes, 1u);
}

TEST(a_reader_of_deltas_that_falls_behind_gets_all_of_them) {
  World world;
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  (void)world.sent(*world.a, reader, state(1));
  world.a->appetite = 0;
  for (int i = 2; i <= 5; ++i) world.publish(state(i));
  world.a->appetite = 1 << 30;
  world.a->session.resume(world.now);
  int next = 2;
  for (const std::string& push : world.a->take()) CHECK_EQ(reader.read_push(push), state(next++));
  CHECK_EQ(next, 6);
  CHECK_EQ(reader.wholes, 1u);
}

TEST(joins_and_leaves_between_publications_do_not_disturb) {
  World world;
  (void)world.subscribe_delta(*world.a, "room", R"(,"join_leave":true)");
  DeltaReader reader;
  (void)world.a->take();
  for (int i = 1; i <= 3; ++i) {
    world.subscribe_delta(*world.b);
    world.flush();
    CHECK_EQ(world.a->take_one().substr(0, 43), R"({"push":{"channel":"room","join":{"info":{")");
    (void)world.sent(*world.a, reader, state(i));
    world.b = world.peer();
    world.now += 6 * kSecond;
    world.flush();
    CHECK(has(world.a->take_one(), "\"leave\""));
  }
  CHECK_EQ(reader.deltas, 2u);
}

TEST(a_newcomer_that_has_only_seen_joins_gets_a_whole_publication) {
  World world;
  (void)world.subscribe_delta(*world.a);
  world.publish(state(1));
  (void)world.subscribe_delta(*world.b, "room", R"(,"join_leave":true)");
  auto c = world.peer();
  (void)world.subscribe_delta(*c);
  world.now += 10000;
  world.flush();
  CHECK(has(world.b->take().back(), "\"join\""));
  DeltaReader reader;
  CHECK(!has(world.sent(*world.b, reader, state(2)), "delta"));
  CHECK(has(world.sent(*world.b, reader, state(3)), "delta"));
}

TEST(a_client_that_subscribes_again_begins_with_a_whole_publication) {
  World world;
  (void)world.subscribe_delta(*world.a);
  (void)world.subscribe_delta(*world.b);
  world.publish(state(1));
  (void)world.a->take(), (void)world.b->take();
  (void)world.ask(*world.a, R"({"id":3,"unsubscribe":{"channel":"room"}})");
  world.publish(state(2));
  (void)world.ask(*world.a, R"({"id":4,"subscribe":{"channel":"room","delta":"fossil"}})");
  DeltaReader reader;
  (void)world.sent(*world.a, reader, state(3));
  CHECK_EQ(reader.wholes, 1u);
}

TEST(an_unknown_type_of_delta_ends_the_session) {
  World world;
  world.connect(*world.a);
  (void)world.ask(*world.a, R"({"id":2,"subscribe":{"channel":"room","delta":"vcdiff"}})");
  CHECK(world.a->why == std::optional<Status>(Status::kBadRequest));
  CHECK_EQ(world.a->detail, "unknown type of delta, expected fossil");
  CHECK_EQ(world.error(world.subscribe_delta(*world.b, "room", "")), 0);
  (void)world.ask(*world.b, R"({"id":3,"unsubscribe":{"channel":"room"}})");
  CHECK_EQ(world.error(world.ask_one(*world.b, R"({"id":4,"subscribe":{"channel":"room","delta":1}})")), 107);
}

TEST(rooms_that_the_client_names_in_connect_may_have_deltas) {
  World world;
  std::string reply =
      world.ask(*world.a, R"({"id":1,"connect":{"subs":{"room":{"delta":"fossil"},"other":{"delta":"x"}}}})").at(0);
  JsonValue room, other;
  CHECK(DeltaReader::find(reply, {"connect", "subs", "room", "delta"}, room));
  CHECK(!DeltaReader::find(reply, {"connect", "subs", "other", "delta"}, other));
  DeltaReader reader;
  (void)world.sent(*world.a, reader, state(1));
  CHECK(has(world.sent(*world.a, reader, state(2)), "\"delta\":true"));
}

TEST(the_last_message_counts_as_memory_as_long_as_somebody_reads_deltas) {
  World world;
  world.connect(*world.b), world.subscribe(*world.b);
  (void)world.subscribe_delta(*world.a);
  world.publish(state(1));
  size_t before = world.hub.memory().clients.used();
  std::string large(50000, 'x');
  world.publish("\"" + large + "\"");
  CHECK_EQ(world.hub.memory().clients.used() - before, large.size() + 2 - state(1).size());
  (void)world.ask(*world.a, R"({"id":3,"unsubscribe":{"channel":"room"}})");
  world.publish(state(2));
  CHECK(world.hub.memory().clients.used() < before);
}

TEST(without_memory_for_the_last_message_publications_are_whole) {
  Hub::Settings settings = World::with_deltas();
  settings.max_memory = 100000;  // 50000 for what clients hold
  World world(settings);
  (void)world.subscribe_delta(*world.a);
  DeltaReader reader;
  std::string large = "\"" + std::string(60000, 'x') + "\"";
  (void)world.sent(*world.a, reader, large);
  CHECK(!has(world.sent(*world.a, reader, large), "\"delta\":true"));
  CHECK(!has(world.sent(*world.a, reader, state(1)), "\"delta\":true"));
  CHECK(has(world.sent(*world.a, reader, state(2)), "\"delta\":true"));
}
