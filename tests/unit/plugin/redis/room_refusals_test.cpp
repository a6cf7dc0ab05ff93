// What a real Redis refuses, and what it may lose, leaves rooms in order.
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "redis/payload.h"
#include "redis/refusal.h"
#include "redis/room_script.h"
#include "support/shell_link.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::RedisProcess;
using unit::ShellLink;

namespace {

// A room in a Redis of its own, and a node that publishes there with numbers.
struct Fixture {
  RedisProcess redis;
  ShellLink link{redis};
  RedisKeys keys{"p"};
  RoomNames room = keys.of_room("r");
  std::string publisher = keys.publisher("node");
  std::string fresh;
  int epochs = 0;

  PublishCall call(std::string_view publication, uint64_t number = 0) {
    fresh = "fresh" + std::to_string(++epochs);
    PublishCall made{publication, fresh};
    made.number = number;
    made.series = made.connection = 1;
    made.publisher_key = publisher;
    return made;
  }
  RedisReply run(const PublishCall& call, const RoomNames& names) {
    RedisReply reply;
    run_publish(link, names, {3, 60, 600}, {"p.lineage", "", "run", "host:1", true}, call,
                [&](const RedisReply& answer, Time) { reply = answer; });
    return reply;
  }
  RedisReply run(const PublishCall& call) { return run(call, room); }
  RedisReply publish(std::string_view publication, uint64_t number = 0) { return run(call(publication, number)); }

  uint64_t offset(const RedisReply& reply) {
    std::optional<PublishAnswer> answer = read_publish(reply);
    if (!answer) throw std::runtime_error("publish: " + reply.text);
    return answer->offset;
  }
  std::string epoch(const RedisReply& reply) {
    std::optional<PublishAnswer> answer = read_publish(reply);
    if (!answer) throw std::runtime_error("publish: " + reply.text);
    return std::string(answer->epoch);
  }

  int64_t check(std::string_view of, uint64_t offset, std::string_view id) {
    fresh = "fresh" + std::to_string(++epochs);
    int64_t renewed = -1;
    run_check(link, room, {of, offset}, id, fresh, [&](const RedisReply& answer, Time) { renewed = answer.integer; });
    return renewed;
  }

  std::string meta(const std::string& field) { return link({"HGET", room.meta, field}).text; }
  std::string type(const std::string& key) { return link({"TYPE", key}).text; }
  // Everything that Redis has, except for the numbers of publications.
  std::string dump() {
    std::string all;
    link({"DEL", publisher});
    RedisReply names = link({"KEYS", "*"});
    std::sort(names.items.begin(), names.items.end(),
              [](const RedisReply& one, const RedisReply& other) { return one.text < other.text; });
    for (const RedisReply& name : names.items) all += name.text + "=" + link({"DUMP", name.text}).text + ";";
    return all;
  }
  // The user of this link loses a right, or gets it.
  void rule(const std::string& rule) {
    ShellLink admin(redis);
    admin({"ACL", "SETUSER", "default", rule});
  }
  bool has_memory(bool it_has) { return link({"CONFIG", "SET", "maxmemory", it_has ? "0" : "1"}).is_text(); }
};

}  // namespace

TEST(a_room_whose_stream_is_another_value_is_as_before_when_a_publication_was_refused) {
  Fixture f;
  f.publish("one");
  f.link({"DEL", f.room.stream});
  f.link({"HSET", f.room.stream, "e", "x"});
  std::string before = f.dump();
  CHECK(concerns_keys(f.publish("two", 1).text));
  CHECK_EQ(f.dump(), before);
  f.link({"DEL", f.room.stream});
  CHECK_EQ(f.offset(f.publish("two")), 2u);
}

TEST(a_room_whose_stream_has_the_largest_id_of_all_begins_anew) {
  Fixture f;
  std::string before = f.epoch(f.publish("one"));
  f.link({"XADD", f.room.stream, "18446744073709551615-18446744073709551615", "d", "x"});
  RedisReply reply = f.publish("two");
  CHECK_EQ(f.offset(reply), 2u);
  CHECK(f.epoch(reply) != before);
  CHECK_EQ(f.epoch(f.publish("three")), f.epoch(reply));
}

TEST(a_position_that_no_stream_can_have_is_a_fault_of_the_keys) {
  Fixture f;
  f.publish("one");
  for (const char* position : {"18446744073709551616", "-5", "abc"}) {
    f.link({"HSET", f.room.meta, "s", position});
    std::string before = f.dump();
    CHECK(concerns_keys(f.publish("two", 1).text));
    CHECK_EQ(f.dump(), before);
  }
}

TEST(a_full_server_leaves_the_room_as_it_was) {
  Fixture f;
  for (uint64_t number : {0, 1}) {
    f.publish("one");
    std::string before = f.dump();
    f.has_memory(false);
    PublishCall call = f.call("two", number);
    call.version = 7;
    std::string key = f.keys.result("r", "k");
    call.result_key = key;
    RedisReply refusal = f.run(call);
    CHECK(refusal.is_error());
    CHECK(refusal.text.find("OOM") != std::string::npos);
    f.has_memory(true);
    CHECK_EQ(f.dump(), before);
  }
}

TEST(a_result_or_position_of_another_type_leaves_the_room_as_it_was) {
  Fixture f;
  f.publish("one");
  std::string key = f.keys.result("r", "k");
  f.link({"SET", key, "x"});
  std::string before = f.dump();
  PublishCall call = f.call("two", 1);
  call.result_key = key;
  CHECK(concerns_keys(f.run(call).text));
  CHECK_EQ(f.dump(), before);
  f.link({"HSET", f.room.meta, "s", "x"});
  before = f.dump();
  CHECK(concerns_keys(f.publish("two", 1).text));
  CHECK_EQ(f.dump(), before);
}

TEST(a_user_who_may_not_write_positions_or_messages_leaves_the_room_as_it_was) {
  Fixture f;
  std::string epoch = f.epoch(f.publish("one"));
  std::string before = f.dump();
  for (std::string command : {"hset", "xadd"}) {
    f.rule("-" + command);
    CHECK(f.publish("two", 1).is_error());
    f.rule("+" + command);
    CHECK_EQ(f.dump(), before);
  }
  RedisReply next = f.publish("three");
  CHECK_EQ(f.offset(next), 2u);
  CHECK_EQ(f.epoch(next), epoch);
}

TEST(a_refused_publication_takes_no_version) {
  Fixture f;
  f.publish("one");
  f.link({"DEL", f.room.stream});
  f.link({"SET", f.room.stream, "x"});
  PublishCall call = f.call("two");
  call.version = 7;
  CHECK(f.run(call).is_error());
  f.link({"DEL", f.room.stream});
  CHECK_EQ(f.offset(f.run(call)), 2u);
}

TEST(a_message_whose_readers_could_not_be_told_is_in_the_stream_and_its_error_says_so) {
  Fixture f;
  f.publish("one");
  f.rule("-publish");
  PublishCall call = f.call("two", 1);
  std::string key = f.keys.result("r", "k");
  call.result_key = key;
  call.result_seconds = 60;
  RedisReply refused = f.run(call);
  CHECK(refused.is_error() && is_kept(refused.text));
  CHECK_EQ(remedy_of(refused.text), remedy_of("NOPERM"));
  CHECK_EQ(f.link({"XLEN", f.room.stream}).integer, 2);
  f.rule("+publish");
  call.number = 2;
  RedisReply again = f.run(call);
  CHECK(read_publish(again)->outcome == PublishOutcome::kRepeated);
  CHECK_EQ(f.offset(again), 2u);
}

TEST(a_message_that_nothing_keeps_and_nobody_was_told_of_can_be_sent_again) {
  Fixture f;
  std::string key = f.keys.result("r", "k");
  auto publish = [&] {
    RedisReply reply;
    run_publish_once(f.link, f.room, "one", key, 60, [&](const RedisReply& answer, Time) { reply = answer; });
    return reply;
  };
  f.rule("-publish");
  CHECK(publish().is_error());
  f.rule("+publish");
  CHECK_EQ(publish().integer, 1);
  CHECK_EQ(publish().integer, 0);
}

TEST(those_behind_a_refused_publication_are_taken) {
  Fixture f;
  RoomNames other = f.keys.of_room("other");
  f.link({"SET", other.stream, "x"});
  CHECK_EQ(f.offset(f.publish("one", 1)), 1u);
  for (uint64_t number = 2; number < 500; ++number) CHECK(f.run(f.call("refused", number), other).is_error());
  CHECK_EQ(f.offset(f.publish("two", 500)), 2u);
  CHECK_EQ(f.offset(f.publish("three", 501)), 3u);
}

TEST(a_refused_publication_that_is_sent_again_does_not_count_as_published) {
  Fixture f;
  RoomNames other = f.keys.of_room("other");
  f.link({"SET", other.stream, "x"});
  CHECK(f.run(f.call("one", 1), other).is_error());
  CHECK_EQ(f.offset(f.publish("two", 2)), 1u);
  CHECK(f.run(f.call("three", 3), other).is_error());
  CHECK(f.run(f.call("one", 1), other).is_error());
  CHECK_EQ(f.offset(f.publish("two", 2)), 1u);
  CHECK(f.run(f.call("three", 3), other).is_error());
}

TEST(a_stream_that_is_ahead_of_its_room_ends_the_epoch) {
  Fixture f;
  for (const char* text : {"one", "two", "three"}) f.publish(text);
  f.link({"HSET", f.room.meta, "s", "1"});
  RedisReply reply = f.publish("again");
  CHECK_EQ(f.epoch(reply), f.fresh);
  CHECK_EQ(f.offset(reply), 2u);
  CHECK_EQ(f.link({"XLEN", f.room.stream}).integer, 1);
  CHECK_EQ(f.epoch(f.publish("next")), f.epoch(reply));
}

TEST(a_key_that_is_no_stream_is_never_deleted) {
  Fixture f;
  f.link({"HSET", f.room.stream, "e", "of another room"});
  CHECK(f.publish("one").is_error());
  RedisReply position;
  run_position(f.link, f.room, {3, 60, 600}, {"p.lineage", "", "run", "host:1", true}, {"fresh", {}, 1},
               [&](const RedisReply& answer, Time) { position = answer; });
  CHECK(position.is_error());
  RedisReply forgotten;
  run_forget(f.link, f.room, [&](const RedisReply& answer, Time) { forgotten = answer; });
  CHECK(concerns_keys(forgotten.text));
  CHECK_EQ(f.type(f.room.stream), "hash");
}

TEST(a_forgotten_history_leaves_the_position) {
  Fixture f;
  f.publish("one");
  run_forget(f.link, f.room, [](const RedisReply&, Time) {});
  CHECK_EQ(f.type(f.room.stream), "none");
  CHECK_EQ(f.offset(f.publish("two")), 2u);
}

TEST(rooms_whose_results_have_the_same_key_do_not_answer_for_each_other) {
  Fixture f;
  RoomNames dotted = f.keys.of_room("r.a");
  std::string key = f.keys.result("r", "a.k");
  CHECK_EQ(key, f.keys.result("r.a", "k"));
  auto publish = [&](const RoomNames& names) {
    PublishCall call = f.call("text");
    call.result_key = key;
    RedisReply reply = f.run(call, names);
    return read_publish(reply)->outcome;
  };
  auto once = [&](const RoomNames& names) {
    int64_t done = -1;
    run_publish_once(f.link, names, "text", key, 60, [&](const RedisReply& reply, Time) { done = reply.integer; });
    return done;
  };
  CHECK(publish(f.room) == PublishOutcome::kPublished);
  CHECK(publish(dotted) == PublishOutcome::kPublished);
  CHECK(publish(f.room) == PublishOutcome::kRepeated);
  CHECK(publish(dotted) == PublishOutcome::kRepeated);
  CHECK_EQ(once(f.keys.of_room("r.b")), 1);
  CHECK_EQ(once(f.keys.of_room("r.b")), 0);
}

TEST(a_result_of_centrifugo_counts) {
  Fixture f;
  std::string key = f.keys.result("r", "k");
  f.link({"HSET", key, "e", "theirs", "s", "4"});
  PublishCall call = f.call("text");
  call.result_key = key;
  CHECK_EQ(f.offset(f.run(call)), 4u);
}

TEST(a_server_that_lacks_what_the_publisher_knows_ends_the_epoch) {
  Fixture f;
  f.publish("one");
  PublishCall call = f.call("two");
  call.known = {"fresh1", 1};
  CHECK_EQ(f.epoch(f.run(call)), "fresh1");
  call.known = {"fresh1", 3};
  call.fresh_epoch = "new";
  CHECK_EQ(f.epoch(f.run(call)), "new");
  call.known = {"fresh1", 9};
  call.fresh_epoch = "newer";
  CHECK_EQ(f.epoch(f.run(call)), "new");
}

TEST(a_message_that_is_gone_or_replaced_ends_the_epoch) {
  Fixture f;
  std::string publication;
  append_publication_bytes(publication, {"text"});
  append_publication_id(publication, "node1");
  f.publish(publication);
  CHECK_EQ(f.check("fresh1", 1, "node1"), 0);
  CHECK_EQ(f.check("other", 2, "node1"), 0);
  CHECK_EQ(f.check("fresh1", 2, "node2"), 1);
  CHECK_EQ(f.meta("e"), f.fresh);
  std::string now = f.fresh;
  CHECK_EQ(f.check(now, 1, "node2"), 1);
  for (const char* text : {"2", "3", "4"}) f.publish(text);
  CHECK_EQ(f.check(f.meta("e"), 1, "node2"), 0);
}
