// Presence in a real Redis. What Redis keeps is moved in time instead of waiting.
#include "redis/presence_script.h"

#include "redis/client_info.h"
#include "support/shell_link.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::RedisProcess;
using unit::ShellLink;

namespace {

std::string info_of(const std::string& user, const std::string& client, const std::string& more = "") {
  std::string bytes;
  append_client_info(bytes, "{\"user\":\"" + user + "\",\"client\":\"" + client + "\"" + more + "}");
  return bytes;
}

// A room in a Redis of its own.
struct Fixture {
  RedisProcess redis;
  ShellLink link{redis};
  PresenceNames room = RedisKeys("p").of_presence("r");
  RedisReply reply;
  std::string line;  // as the node knows it
  RedisLink::Answer keep = [this](const RedisReply& answer, Time) { reply = answer; };

  int64_t add(const std::string& user, const std::string& client, uint64_t seconds = 60, const std::string& more = "") {
    std::string info = info_of(user, client, more);
    run_presence_add(link, room, {{client, info, user}}, seconds, line, keep);
    return reply.integer;
  }
  int64_t remove(const std::string& client, const std::string& info = "") {
    run_presence_remove(link, room, {{client, info}}, line, keep);
    return reply.integer;
  }
  std::string there() {
    run_presence_read(link, room, keep);
    std::string text;
    auto members = read_presence(reply);
    CHECK(members);
    for (const PresentMember& member : *members) {
      Identity who;
      CHECK(read_client_info(member.info, who));
      CHECK_EQ(who.client, member.client);
      text.append(text.empty() ? "" : " ").append(who.user).append("/").append(who.client);
    }
    return text;
  }
  std::string gone(size_t most = 100) {
    run_presence_expire(link, room, most, 60, keep);
    over = read_presence_expire(reply).value();
    std::string text;
    for (const PresentMember& member : over.gone) text.append(text.empty() ? "" : " ").append(member.client);
    return text;
  }
  std::string count() {
    run_presence_stats(link, room, keep);
    PresenceCount count = read_presence_stats(reply).value();
    return std::to_string(count.clients) + " of " + (count.users ? std::to_string(*count.users) : "?");
  }
  // A member's time is over.
  void end(const std::string& client) { link({"ZADD", room.expire, "1", client}); }

  PresenceOver over;
};

}  // namespace

TEST(members_are_there_until_they_are_taken_out) {
  Fixture f;
  CHECK_EQ(f.add("u", "a"), 1);
  CHECK_EQ(f.add("u", "b"), 1);
  CHECK_EQ(f.add("", "c"), 1);
  CHECK_EQ(f.add("u", "a"), 0);
  CHECK_EQ(f.there(), "u/a u/b /c");
  CHECK_EQ(f.count(), "3 of 2");
  CHECK_EQ(f.remove("a"), 1);
  CHECK_EQ(f.remove("a"), 0);
  CHECK_EQ(f.count(), "2 of 2");
  CHECK_EQ(f.remove("b"), 1);
  CHECK_EQ(f.count(), "1 of 1");
  CHECK_EQ(f.remove("c"), 1);
  CHECK_EQ(f.there(), "");
  CHECK_EQ(f.count(), "0 of 0");
  CHECK_EQ(f.link({"KEYS", "*"}).items.size(), 0u);
}

TEST(many_members_are_added_at_once) {
  Fixture f;
  std::string one = info_of("u", "a"), two = info_of("v", "b");
  run_presence_add(f.link, f.room, {{"a", one, "u"}, {"b", two, "v"}, {"a", one, "u"}}, 60, {}, f.keep);
  CHECK_EQ(f.reply.integer, 2);
  CHECK_EQ(f.there(), "u/a v/b");
  run_presence_remove(f.link, f.room, {{"a"}, {"b"}, {"x"}}, {}, f.keep);
  CHECK_EQ(f.reply.integer, 2);
  CHECK_EQ(f.there(), "");
}

TEST(a_member_that_came_back_through_another_node_stays) {
  Fixture f;
  f.add("u", "a", 60, ",\"node\":1");
  f.add("u", "a", 60, ",\"node\":2");
  CHECK_EQ(f.remove("a", info_of("u", "a", ",\"node\":1")), 0);
  CHECK_EQ(f.there(), "u/a");
  CHECK_EQ(f.remove("a", info_of("u", "a", ",\"node\":2")), 1);
  CHECK_EQ(f.there(), "");
}

TEST(its_former_node_does_not_take_it_back_by_saying_that_it_is_there) {
  Fixture f;
  std::string one = info_of("u", "a", ",\"node\":1"), two = info_of("u", "a", ",\"node\":2"), b = info_of("v", "b");
  run_presence_add(f.link, f.room, {{"a", two, "u"}}, 60, {}, f.keep);
  f.link({"ZADD", f.room.expire, "XX", "9999999999", "a"});
  run_presence_keep(f.link, f.room, {{"a", one, "u"}, {"b", b, "v"}}, 60, f.keep);
  CHECK(f.reply.items.empty());
  CHECK_EQ(f.link({"HGET", f.room.data, "a"}).text, two);
  CHECK_EQ(f.link({"ZSCORE", f.room.expire, "a"}).text, "9999999999");
  CHECK_EQ(f.count(), "2 of 2");
  run_presence_keep(f.link, f.room, {{"a", two, "u"}}, 60, f.keep);
  CHECK(f.link({"ZSCORE", f.room.expire, "a"}).text != "9999999999");
}

TEST(members_whose_time_is_over_are_taken_out_once) {
  Fixture f;
  f.add("u", "a");
  f.add("u", "b");
  f.add("v", "c");
  CHECK_EQ(f.gone(), "");
  f.end("a");
  f.end("c");
  CHECK_EQ(f.there(), "u/b");
  CHECK_EQ(f.gone(), "a c");
  Identity who;
  CHECK(read_client_info(f.over.gone[1].info, who));
  CHECK_EQ(who.user, "v");
  CHECK_EQ(f.gone(), "");
  CHECK_EQ(f.count(), "1 of 1");
}

TEST(a_member_that_was_taken_out_too_early_is_named_once_when_it_is_there_again) {
  Fixture f;
  std::string a = info_of("u", "a"), b = info_of("v", "b");
  f.add("u", "a");
  f.add("v", "b");
  f.end("a");
  CHECK_EQ(f.gone(), "a");
  CHECK_EQ(f.link({"TTL", f.room.told}).integer, 86400);
  auto keep = [&] { run_presence_keep(f.link, f.room, {{"a", a, "u"}, {"b", b, "v"}}, 60, f.keep); };
  keep();
  CHECK_EQ(f.reply.items.size(), 1u);
  CHECK_EQ(f.reply.items.at(0).text, "a");
  keep();
  CHECK(f.reply.items.empty());
  CHECK_EQ(f.count(), "2 of 2");
}

TEST(members_that_the_server_has_lost_are_not_named) {
  Fixture f;
  std::string a = info_of("u", "a");
  f.add("u", "a");
  f.link({"FLUSHALL"});
  run_presence_keep(f.link, f.room, {{"a", a, "u"}}, 60, f.keep);
  CHECK(f.reply.items.empty());
  CHECK_EQ(f.there(), "u/a");
}

TEST(who_is_new_on_a_server_that_has_lost_its_line_is_told_apart) {
  Fixture f;
  f.line = "line";
  f.link({"HSET", RedisKeys("p").lineage(), "l", "line"});
  CHECK_EQ(f.add("u", "a"), 1);
  CHECK_EQ(f.remove("x"), 0);
  f.link({"FLUSHALL"});
  CHECK_EQ(f.add("u", "a"), -1);
  CHECK_EQ(f.add("u", "a"), 0);
  f.link({"HSET", RedisKeys("p").lineage(), "l", "another"});
  CHECK_EQ(f.remove("a"), 1);
  CHECK_EQ(f.remove("a"), -1);
  CHECK_EQ(f.add("u", "b"), -1);
  CHECK_EQ(f.remove("b", info_of("u", "b", ",\"node\":2")), 0);
  f.end("b");
  CHECK_EQ(f.gone(), "b");
  CHECK_EQ(f.remove("b"), 0);
}

TEST(a_member_that_was_taken_out_too_early_and_has_come_anew_is_not_named) {
  Fixture f;
  std::string a = info_of("u", "a");
  f.add("u", "a");
  f.end("a");
  CHECK_EQ(f.gone(), "a");
  CHECK_EQ(f.add("u", "a"), 1);
  run_presence_keep(f.link, f.room, {{"a", a, "u"}}, 60, f.keep);
  CHECK(f.reply.items.empty());
}

TEST(they_are_taken_out_some_at_a_time) {
  Fixture f;
  for (std::string client : {"a", "b", "c"}) {
    f.add("u", client);
    f.end(client);
  }
  CHECK_EQ(f.gone(2), "a b");
  CHECK_EQ(f.over.next_ms.value(), 0u);
  CHECK_EQ(f.gone(2), "c");
  CHECK(!f.over.next_ms);
}

TEST(members_that_have_lost_their_end_get_another_one) {
  Fixture f;
  f.add("u", "a");
  f.add("u", "b");
  f.link({"DEL", f.room.expire});
  f.add("u", "a");
  CHECK_EQ(f.gone(), "");
  CHECK_EQ(f.there(), "u/a u/b");
  f.end("b");
  CHECK_EQ(f.gone(), "b");
  CHECK_EQ(f.there(), "u/a");
}

TEST(it_is_known_when_the_next_one_is_over) {
  Fixture f;
  f.add("u", "a", 60);
  f.add("u", "b", 30);
  f.gone();
  CHECK(f.over.next_ms.value() > 20000 && f.over.next_ms.value() <= 30000);
}

TEST(a_member_that_says_it_is_there_is_there_longer) {
  Fixture f;
  f.add("u", "a");
  f.end("a");
  f.add("u", "a");
  CHECK_EQ(f.gone(), "");
  CHECK_EQ(f.there(), "u/a");
}

TEST(keys_outlive_the_last_member) {
  Fixture f;
  f.add("u", "a", 60);
  for (const std::string& key : {f.room.expire, f.room.data, f.room.user_expire, f.room.user_clients})
    CHECK_EQ(f.link({"TTL", key}).integer, 180);
}

TEST(users_are_read_from_infos_of_any_length) {
  Fixture f;
  for (size_t size : {1u, 127u, 128u, 300u, 20000u}) {
    std::string user(size, 'x');
    f.add(user, "a");
    CHECK_EQ(f.count(), "1 of 1");
    f.remove("a");
    CHECK_EQ(f.link({"KEYS", "*"}).items.size(), 0u);
  }
}

// Centrifugo does not count users unless its configuration says so.
TEST(members_of_nodes_that_do_not_count_users) {
  Fixture f;
  std::string theirs = info_of("u", "theirs");
  f.link({"HSET", f.room.data, "theirs", theirs});
  f.link({"ZADD", f.room.expire, "9999999999", "theirs"});
  CHECK_EQ(f.count(), "1 of ?");
  f.add("u", "ours");
  CHECK_EQ(f.count(), "2 of 1");
  f.end("theirs");
  CHECK_EQ(f.gone(), "theirs");
  f.add("u", "ours");
  CHECK_EQ(f.count(), "1 of 1");
}

TEST(what_is_no_info_does_no_harm) {
  Fixture f;
  for (std::string info :
       {std::string(), std::string("\x0a"), std::string("\x0a\xff\xff\xff\xff\xff\xff\xff"), std::string("x")}) {
    f.link({"HSET", f.room.data, "a", info});
    f.end("a");
    CHECK_EQ(f.gone(), "a");
  }
  f.end("b");
  CHECK_EQ(f.gone(), "");
  CHECK(!f.over.next_ms);
}

TEST(answers_that_make_no_sense_are_refused) {
  RedisReply number{RedisReply::Kind::kInteger, 1}, text{RedisReply::Kind::kText, 0, "a"};
  auto array = [](std::vector<RedisReply> items) {
    return RedisReply{RedisReply::Kind::kArray, 0, "", std::move(items)};
  };
  CHECK(read_presence(array({text, text})));
  for (const RedisReply& reply : {RedisReply{}, number, array({text}), array({text, number})})
    CHECK(!read_presence(reply));
  for (const RedisReply& reply :
       {RedisReply{}, number, array({number}), array({number, array({text})}), array({text, array({})})})
    CHECK(!read_presence_expire(reply));
  for (const RedisReply& reply : {RedisReply{}, array({number}), array({number, text}), array({text, number})})
    CHECK(!read_presence_stats(reply));
}
