// Clients' sessions in a real Redis.
#include "redis/session_script.h"

#include "support/shell_link.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::RedisProcess;
using unit::ShellLink;

namespace {

struct Fixture {
  RedisProcess redis;
  ShellLink link{redis};
  RedisReply reply;
  RedisLink::Answer keep = [this](const RedisReply& answer, Time) { reply = answer; };

  std::string come(const std::string& value) {
    run_session_come(link, "s", value, 60, keep);
    return reply.text;
  }
  std::string stay(const std::string& value, const std::string& instead = "") {
    run_session_stay(link, "s", value, instead, 60, keep);
    return reply.kind == RedisReply::Kind::kInteger ? "it stays" : reply.text;
  }
  int64_t go(const std::string& before, const std::string& value) {
    run_session_go(link, "s", before, value, 5000, keep);
    return reply.integer;
  }
  std::string there() { return link({"GET", "s"}).text; }
};

}  // namespace

TEST(scripts_of_sessions_have_the_names_that_redis_gives_them) {
  Fixture f;
  for (const RedisScript* script : {&session_scripts().stay, &session_scripts().go})
    CHECK_EQ(f.link({"SCRIPT", "LOAD", script->source}).text, script->sha1);
}

TEST(who_comes_learns_where_the_session_was) {
  Fixture f;
  CHECK_EQ(f.come("a"), "");
  CHECK_EQ(f.come("b"), "a");
  CHECK_EQ(f.there(), "b");
  CHECK_EQ(f.link({"TTL", "s"}).integer, 60);
}

TEST(a_session_stays_where_it_is) {
  Fixture f;
  CHECK_EQ(f.stay("a"), "it stays");
  CHECK_EQ(f.there(), "a");
  f.link({"EXPIRE", "s", "5"});
  CHECK_EQ(f.stay("a"), "it stays");
  CHECK_EQ(f.link({"TTL", "s"}).integer, 60);
  CHECK_EQ(f.stay("b"), "a");
  CHECK_EQ(f.stay("b", "c"), "a");
  CHECK_EQ(f.there(), "a");
  CHECK_EQ(f.stay("b", "a"), "it stays");
  CHECK_EQ(f.there(), "b");
}

TEST(a_session_that_goes_leaves_who_it_was_or_nothing) {
  Fixture f;
  f.come("a");
  CHECK_EQ(f.go("a", "was a"), 1);
  CHECK_EQ(f.there(), "was a");
  CHECK(f.link({"PTTL", "s"}).integer > 4000);
  f.come("a");
  CHECK_EQ(f.go("a", ""), 1);
  CHECK_EQ(f.link({"EXISTS", "s"}).integer, 0);
}

TEST(a_session_that_has_come_elsewhere_stays_there) {
  Fixture f;
  f.come("b");
  CHECK_EQ(f.go("a", "was a"), 0);
  CHECK_EQ(f.go("a", ""), 0);
  CHECK_EQ(f.there(), "b");
}

TEST(only_one_takes_it) {
  Fixture f;
  f.come("a");
  run_session_take(f.link, "s", f.keep);
  CHECK_EQ(f.reply.text, "a");
  run_session_take(f.link, "s", f.keep);
  CHECK(f.reply.kind == RedisReply::Kind::kNil);
}
