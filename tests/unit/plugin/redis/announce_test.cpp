// How Redis numbers joins and leaves, in a real one.
#include "redis/client_info.h"
#include "redis/payload.h"
#include "support/room_fixture.h"

using namespace lws_chat;
using namespace lws_chat::room_test;

namespace {

struct Announcing : Fixture {
  ShellLink reader{redis};

  Announcing() { reader({"SUBSCRIBE", room.channel}); }

  // Announces that somebody has come. Returns what subscribers get.
  std::string announce(const std::string& client = "c") {
    std::string payload;
    append_join_bytes(payload, R"({"user":"u","client":")" + client + R"("})");
    run_announce(link, room, payload, [](const RedisReply&, Time) {});
    return reader.next().items.at(2).text;
  }
  static ChangeNumbers numbers_in(const std::string& payload) {
    return numbers_of_change(std::string_view(payload).substr(5)).value();
  }
  void begin() { (void)position({}, 1); }
};

}  // namespace

TEST(announcements_have_their_number_and_the_one_before) {
  Announcing f;
  f.begin();
  ChangeNumbers first = Announcing::numbers_in(f.announce()), second = Announcing::numbers_in(f.announce());
  CHECK_EQ(first.before, 0u);
  CHECK(first.number > 0);
  CHECK_EQ(second.before, first.number);
  CHECK(second.number > first.number);
  CHECK_EQ(f.meta("j"), std::to_string(second.number));
}

TEST(a_numbered_announcement_is_read_as_before) {
  Announcing f;
  f.begin();
  std::string payload = f.announce("somebody");
  PayloadReader reader;
  RoomPayload read;
  CHECK(reader.read(payload, read));
  CHECK(read.kind == Event::Kind::kJoin);
  CHECK_EQ(read.who->client, "somebody");
}

TEST(the_position_has_the_number_of_the_last_one) {
  Announcing f;
  f.begin();
  uint64_t number = Announcing::numbers_in(f.announce()).number;
  RedisReply reply;
  PositionCall call;
  call.fresh_epoch = "fresh";
  run_position(f.link, f.room, kBounds, kFirst, call, [&](const RedisReply& answer, Time) { reply = answer; });
  CHECK_EQ(read_position(reply).value().last_change, number);
}

TEST(one_without_a_payload_takes_a_number_only) {
  Announcing f;
  f.begin();
  uint64_t first = Announcing::numbers_in(f.announce()).number;
  run_announce(f.link, f.room, "", [](const RedisReply&, Time) {});
  ChangeNumbers next = Announcing::numbers_in(f.announce());
  CHECK(next.before > first);
}

TEST(where_no_node_has_read_the_room_there_are_no_numbers_and_no_keys) {
  Announcing f;
  CHECK(!numbers_of_change(std::string_view(f.announce()).substr(5)));
  CHECK_EQ(f.text({"EXISTS", f.room.meta}), "0");
}

TEST(numbers_that_are_none_begin_anew) {
  Announcing f;
  f.begin();
  for (const char* foreign : {"-5", "nan", "1e300", "x"}) {
    f.link({"HSET", f.room.meta, "j", foreign});
    CHECK_EQ(Announcing::numbers_in(f.announce()).before, 0u);
  }
}

TEST(a_key_of_another_kind_does_not_hinder_an_announcement) {
  Announcing f;
  f.link({"SET", f.room.meta, "text"});
  CHECK(!numbers_of_change(std::string_view(f.announce()).substr(5)));
}

TEST(a_server_without_memory_announces_and_forgets_the_number) {
  Announcing f;
  f.begin();
  uint64_t first = Announcing::numbers_in(f.announce()).number;
  f.link({"CONFIG", "SET", "maxmemory", "1"});
  ChangeNumbers next = Announcing::numbers_in(f.announce());
  CHECK_EQ(next.before, first);
  CHECK_EQ(next.number, 0u);
  f.link({"CONFIG", "SET", "maxmemory", "0"});
  CHECK_EQ(Announcing::numbers_in(f.announce()).before, 0u);
}
