// A room's scripts in a real Redis.
#include "redis/room_script.h"

#include "redis/payload.h"
#include "redis/scripts.h"
#include "support/room_fixture.h"

using namespace lws_chat;
using namespace lws_chat::room_test;

TEST(names_of_scripts_are_those_that_redis_gives_them) {
  Fixture f;
  const RedisScripts& all = redis_scripts();
  for (const RedisScript* script :
       {&all.publish, &all.publish_once, &all.position, &all.begin, &all.renew, &all.check, &all.forget, &all.announce,
        &all.presence_add, &all.presence_remove, &all.presence_expire, &all.presence_read, &all.presence_stats})
    CHECK_EQ(f.link({"SCRIPT", "LOAD", script->source}).text, script->sha1);
}

TEST(a_message_gets_the_next_position_and_stands_in_the_stream) {
  Fixture f;
  Outcome first = f.publish("one"), second = f.publish("two");
  CHECK(first.outcome == PublishOutcome::kPublished);
  CHECK_EQ(first.offset, 1u);
  CHECK_EQ(second.offset, 2u);
  CHECK_EQ(first.epoch, "fresh1");
  CHECK_EQ(second.epoch, "fresh1");
  CHECK_EQ(f.meta("e"), "fresh1");
  CHECK_EQ(f.meta("s"), "2");
  CHECK_EQ(f.meta("b"), text_of(kBounds));
  CHECK_EQ(f.text({"TTL", f.room.meta}), "600");
  CHECK_EQ(f.text({"TTL", f.room.stream}), "60");
  Place place = f.position({}, 10);
  CHECK_EQ(place.top, 2u);
  CHECK_EQ(place.epoch, "fresh1");
  CHECK_EQ(place.oldest, 1u);
  CHECK_EQ(place.entries, "1:one 2:two");
}

TEST(subscribers_get_a_message_with_its_position) {
  Fixture f;
  ShellLink reader(f.redis);
  reader({"SUBSCRIBE", f.room.channel});
  std::string publication;
  append_publication_bytes(publication, {"{}", Format::kJson});
  f.publish(publication);
  RedisReply message = reader.next();
  CHECK_EQ(message.items[1].text, f.room.channel);
  CHECK_EQ(message.items[2].text, with_position(1, "fresh1", publication));
}

TEST(a_stream_keeps_the_last_messages) {
  Fixture f;
  for (std::string_view text : {"1", "2", "3", "4", "5"}) f.publish(text);
  Place place = f.position({}, 10);
  CHECK_EQ(place.oldest, 3u);
  CHECK_EQ(place.entries, "3:3 4:4 5:5");
}

TEST(entries_are_read_from_an_offset_or_from_the_end) {
  Fixture f;
  for (std::string_view text : {"1", "2", "3"}) f.publish(text);
  CHECK_EQ(f.position(2, 10).entries, "2:2 3:3");
  CHECK_EQ(f.position(1, 2).entries, "1:1 2:2");
  CHECK_EQ(f.position(4, 10).entries, "");
  CHECK_EQ(f.position({}, 2).entries, "2:2 3:3");
  CHECK_EQ(f.position({}, 0).entries, "");
  CHECK_EQ(f.position({}, 0).oldest, 1u);
}

TEST(a_room_that_is_read_first_gets_its_epoch_then) {
  Fixture f;
  Place place = f.position({}, 10);
  CHECK_EQ(place.top, 0u);
  CHECK_EQ(place.epoch, "fresh1");
  CHECK_EQ(place.oldest, 0u);
  CHECK_EQ(place.entries, "");
  CHECK_EQ(f.text({"TTL", f.room.meta}), "600");
  Outcome outcome = f.publish("one");
  CHECK_EQ(outcome.epoch, "fresh1");
  CHECK_EQ(outcome.offset, 1u);
}

TEST(an_epoch_may_stay_for_ever) {
  Fixture f;
  PublishCall call = f.call("one");
  f.publish(call, kFirst, {3, 60, 0});
  f.position({}, 0, kFirst, {3, 60, 0});
  CHECK_EQ(f.text({"TTL", f.room.meta}), "-1");
}

TEST(entries_of_a_forgotten_epoch_are_gone) {
  Fixture f;
  f.publish("one");
  f.publish("two");
  f.link({"DEL", f.room.meta});
  Place place = f.position({}, 10);
  CHECK_EQ(place.epoch, "fresh3");
  CHECK_EQ(place.entries, "");
  f.publish("three");
  f.link({"DEL", f.room.meta});
  CHECK_EQ(f.publish("four").offset, 1u);
  CHECK_EQ(f.position({}, 10).entries, "1:four");
}

TEST(a_repeated_key_publishes_nothing_and_gets_the_same_position) {
  Fixture f;
  ShellLink reader(f.redis);
  reader({"SUBSCRIBE", f.room.channel});
  PublishCall call = f.call("one");
  std::string key = f.keys.result("r", "k");
  call.result_key = key;
  CHECK_EQ(f.publish(call).offset, 1u);
  CHECK_EQ(f.text({"TTL", key}), "300");
  f.publish("two");
  call.publication = "again";
  Outcome outcome = f.publish(call);
  CHECK(outcome.outcome == PublishOutcome::kRepeated);
  CHECK_EQ(outcome.offset, 1u);
  CHECK_EQ(outcome.epoch, "fresh1");
  CHECK_EQ(f.position({}, 10).entries, "1:one 2:two");
  f.publish("three");
  for (std::string_view text : {"one", "two", "three"})
    CHECK(reader.next().items[2].text.find(text) != std::string::npos);
}

TEST(a_key_works_where_no_stream_keeps_the_message) {
  Fixture f;
  ShellLink reader(f.redis);
  reader({"SUBSCRIBE", f.room.channel});
  std::string key = f.keys.result("r", "k");
  auto once = [&](std::string_view publication) {
    int64_t answer = -1;
    run_publish_once(f.link, f.room, publication, key, 20,
                     [&](const RedisReply& reply, Time) { answer = reply.integer; });
    return answer;
  };
  CHECK_EQ(once("one"), 1);
  CHECK_EQ(once("two"), 0);
  CHECK_EQ(f.text({"TTL", key}), "20");
  CHECK_EQ(f.text({"HGET", key, "e"}), "");
  CHECK_EQ(reader.next().items[2].text, "one");
  PublishCall call = f.call("three");
  call.result_key = key;
  Outcome outcome = f.publish(call);
  CHECK(outcome.outcome == PublishOutcome::kRepeated);
  CHECK_EQ(outcome.offset, 0u);
  CHECK_EQ(outcome.epoch, "");
}

TEST(a_message_that_a_full_server_refuses_is_not_published) {
  Fixture f;
  ShellLink reader(f.redis);
  reader({"SUBSCRIBE", f.room.channel});
  f.link({"CONFIG", "SET", "maxmemory", "1"});
  RedisReply refusal;
  run_publish_once(f.link, f.room, "refused", f.keys.result("r", "k"), 20,
                   [&](const RedisReply& reply, Time) { refusal = reply; });
  CHECK(refusal.is_error());
  f.link({"PUBLISH", f.room.channel, "next"});
  CHECK_EQ(reader.next().items[2].text, "next");
}

TEST(an_older_version_is_not_published) {
  Fixture f;
  auto publish = [&](uint64_t version, std::string_view epoch) {
    PublishCall call = f.call("x");
    call.version = version;
    call.version_epoch = epoch;
    return f.publish(call);
  };
  auto is_outdated = [](const Outcome& outcome) { return outcome.outcome == PublishOutcome::kOutdated; };
  CHECK_EQ(publish(9, "a").offset, 1u);
  CHECK(is_outdated(publish(9, "a")));
  CHECK(is_outdated(publish(8, "")));
  CHECK_EQ(publish(8, "").offset, 1u);
  CHECK_EQ(publish(10, "a").offset, 2u);
  CHECK_EQ(publish(1, "b").offset, 3u);
  CHECK_EQ(f.publish("without").offset, 4u);
  CHECK(is_outdated(publish(1, "b")));
  CHECK_EQ(publish(9007199254740993u, "b").offset, 5u);
  CHECK(is_outdated(publish(9007199254740992u, "b")));
  CHECK_EQ(publish(18446744073709551615u, "b").offset, 6u);
  CHECK_EQ(f.meta("v"), "18446744073709551615");
  CHECK_EQ(f.meta("ve"), "b");
}

TEST(a_room_gets_a_fresh_epoch_once) {
  Fixture f;
  auto renew = [&](std::string_view epoch, std::string_view fresh) {
    int64_t answer = -1;
    run_renew(f.link, f.room, epoch, fresh, [&](const RedisReply& reply, Time) { answer = reply.integer; });
    return answer;
  };
  CHECK_EQ(renew("fresh1", "a"), 0);
  f.publish("one");
  CHECK_EQ(renew("fresh1", "a"), 1);
  CHECK_EQ(renew("fresh1", "b"), 0);
  CHECK_EQ(f.publish("two").epoch, "a");
  CHECK_EQ(f.position({}, 0).top, 2u);
}

TEST(a_room_of_centrifugo_keeps_its_epoch) {
  Fixture f;
  f.link({"HSET", f.room.meta, "e", "theirs", "s", "4"});
  CHECK_EQ(f.position({}, 0).epoch, "theirs");
  CHECK_EQ(f.meta("l"), "fresh1");
  CHECK_EQ(f.publish("five").offset, 5u);
}

TEST(answers_that_make_no_sense_are_refused) {
  auto number = [](int64_t value) { return RedisReply{RedisReply::Kind::kInteger, value}; };
  auto text = [](const std::string& value) { return RedisReply{RedisReply::Kind::kText, 0, value}; };
  auto array = [](std::vector<RedisReply> items) {
    return RedisReply{RedisReply::Kind::kArray, 0, "", std::move(items)};
  };
  RedisReply none = array({});
  CHECK(read_publish(array({number(1), text("a"), number(0)})));
  for (const RedisReply& reply : {RedisReply{}, RedisReply{RedisReply::Kind::kError, 0, "ERR"}, none,
                                  array({number(1), text("a")}), array({number(-1), text("a"), number(0)}),
                                  array({text("1"), text("a"), number(0)}), array({number(1), text("a\""), number(0)}),
                                  array({number(1), text(""), number(0)}), array({number(1), text("a"), number(4)})})
    CHECK(!read_publish(reply));
  auto entry = [&](const std::string& id, const std::string& name) {
    return array({text(id), array({text("x"), text("y"), text(name), text("data")})});
  };
  for (const char* field : {"d", "e"})
    CHECK(read_position(array({number(1), text("a"), text("1-1"), array({entry("1-0", field)}), text(""), text("")})));
  for (const RedisReply& reply :
       {RedisReply{}, none, array({number(1), text("a:b"), text(""), none, text(""), text("")}),
        array({number(1), text("a"), text("x"), none, text(""), text("")}),
        array({number(1), text("a"), text(""), text(""), text(""), text("")}),
        array({number(1), text("a"), text(""), array({text("x")}), text(""), text("")}),
        array({number(1), text("a"), text(""), array({entry("1", "d")}), text(""), text("")}),
        array({number(1), text("a"), text(""), array({entry("1-", "d")}), text(""), text("")})})
    CHECK(!read_position(reply));
}
