// Revoked tokens in a real Redis. What Redis keeps is moved in time instead of waiting.
#include "redis/revoked_script.h"

#include <algorithm>

#include "support/shell_link.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::RedisProcess;
using unit::ShellLink;

namespace {

constexpr int64_t kFar = 4'000'000'000;

struct Fixture {
  RedisProcess redis;
  ShellLink link{redis};
  RedisKeys keys{"p"};
  RedisReply reply;
  RedisLink::Answer keep = [this](const RedisReply& answer, Time) { reply = answer; };

  int64_t revoke(const std::vector<Revocation>& revocations, uint64_t most = 1000) {
    run_revoke(link, keys, revocations, most, keep);
    return reply.integer;
  }
  std::vector<std::string> all() {
    std::vector<std::string> texts;
    std::string cursor = "0";
    do {
      run_revoked_read(link, keys, cursor, keep);
      std::optional<RevokedRead> read = read_revoked(reply);
      CHECK(read);
      foreign += read->foreign;
      for (const Revocation& one : read->revocations)
        texts.push_back((one.of_user ? "user " : "token ") + one.key + " " + std::to_string(one.until) + " " +
                        std::to_string(one.issued_before));
      cursor = read->cursor;
    } while (cursor != "0");
    std::sort(texts.begin(), texts.end());
    return texts;
  }
  size_t foreign = 0;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST(tokens_and_users_are_found_again) {
  Fixture f;
  CHECK_EQ(f.revoke({{false, "a", kFar}, {true, "ann", kFar + 1, 77}, {true, "請 1 2", 2'147'483'647'000, 5}}), 3);
  CHECK(f.all() == (Texts{"token a 4000000000 0", "user ann 4000000001 77", "user 請 1 2 2147483647000 5"}));
}

TEST(the_largest_times_count) {
  Fixture f;
  (void)f.revoke({{true, "ann", kFar, 77}, {true, "ann", kFar - 5, 88}});
  CHECK_EQ(f.revoke({{true, "ann", kFar + 5, 10}}), 1);
  CHECK(f.all() == (Texts{"user ann 4000000005 88"}));
}

TEST(what_is_over_is_taken_out_and_does_not_come_in) {
  Fixture f;
  CHECK_EQ(f.revoke({{false, "old", 1000}, {false, "a", kFar}, {false, "b", kFar}}), 3);
  CHECK(f.all() == (Texts{"token a 4000000000 0", "token b 4000000000 0"}));
  (void)f.link({"ZADD", "p.revoked.until", "1", "ta"});
  CHECK_EQ(f.revoke({}), 0);
  CHECK(f.all() == (Texts{"token b 4000000000 0"}));
  for (const char* key : {"p.revoked", "p.revoked.until"}) CHECK(f.link({"TTL", key}).integer > 1'000'000);
}

TEST(there_is_place_for_so_many) {
  Fixture f;
  CHECK_EQ(f.revoke({{false, "a", kFar}, {false, "b", kFar}, {false, "c", kFar}}, 2), 2);
  CHECK_EQ(f.revoke({{false, "d", kFar}}, 2), 0);
  CHECK_EQ(f.revoke({{false, "a", kFar + 1}}, 2), 1);
  CHECK(f.all() == (Texts{"token a 4000000001 0", "token b 4000000000 0"}));
}

TEST(many_are_read_in_pieces) {
  Fixture f;
  std::vector<Revocation> many;
  for (int i = 0; i < 5000; ++i) many.push_back({i % 2 == 0, std::to_string(i), kFar + i, 0});
  CHECK_EQ(f.revoke(many, 10'000), 5000);
  Texts found = f.all();
  found.erase(std::unique(found.begin(), found.end()), found.end());
  CHECK_EQ(found.size(), 5000u);
}

TEST(foreign_entries_are_counted) {
  Fixture f;
  (void)f.link({"HSET", "p.revoked", "x", "1 2", "t", "1 2", "ta", "1", "ub", "a 2", "uc", "1 2 3", "ud", "-1 2"});
  CHECK(f.all().empty());
  CHECK_EQ(f.foreign, 6u);
}
