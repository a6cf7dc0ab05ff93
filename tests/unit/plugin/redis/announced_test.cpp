// A node remembers what readers were told of its members.
#include "redis/announced.h"

#include <memory>

#include "support/unit.h"

using namespace lws_chat;

namespace {

IdentityPtr client(const std::string& id) { return std::make_shared<Identity>(Identity{id, "u", "{}"}); }

bool is_news(Announced& members, Event::Kind kind) { return members.is_news("room", kind, "a"); }

}  // namespace

TEST(a_member_is_known_until_redis_has_answered_that_it_has_left) {
  Announced members;
  members.come("room", client("a"));
  members.go("room", "a");
  CHECK(members.find("room", "a")->leaving);
  members.left("room", "a");
  CHECK(!members.find("room", "a"));
  CHECK_EQ(members.size(), 0u);
}

TEST(a_member_that_comes_again_meanwhile_stays) {
  Announced members;
  members.come("room", client("a"));
  members.find("room", "a")->others = Announced::Others::kKnow;
  members.go("room", "a");
  IdentityPtr again = client("a");
  members.come("room", again);
  members.left("room", "a");
  CHECK(members.find("room", "a")->who == again);
  CHECK(members.find("room", "a")->others == Announced::Others::kUnaware);
  CHECK_EQ(members.size(), 1u);
}

TEST(members_of_other_rooms_are_others) {
  Announced members;
  members.come("room", client("a"));
  members.come("other", client("a"));
  members.go("other", "a");
  members.left("other", "a");
  CHECK(!members.find("other", "a"));
  CHECK(members.find("room", "a"));
}

TEST(that_somebody_comes_is_news_once) {
  Announced members;
  members.come("room", client("a"));
  CHECK(is_news(members, Event::Kind::kJoin));
  CHECK(!is_news(members, Event::Kind::kJoin));
}

TEST(that_a_member_leaves_who_is_there_is_no_news) {
  Announced members;
  members.come("room", client("a"));
  CHECK(is_news(members, Event::Kind::kJoin));
  CHECK(!is_news(members, Event::Kind::kLeave));
  members.go("room", "a");
  members.left("room", "a");
  CHECK(is_news(members, Event::Kind::kLeave));
}

TEST(who_is_not_here_is_always_news) {
  Announced members;
  CHECK(is_news(members, Event::Kind::kJoin));
  CHECK(is_news(members, Event::Kind::kLeave));
  members.left("room", "a");
  members.go("room", "a");
  CHECK_EQ(members.size(), 0u);
}
