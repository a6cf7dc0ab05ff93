#include "redis/heard_changes.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

// Redis has this one, and all that was announced before has come.
bool is_all(HeardChanges& heard, uint64_t last) {
  heard.compare(last);
  return !heard.asks() || heard.confirmed();
}

HeardChanges begun_at(uint64_t last) {
  HeardChanges heard;
  heard.begin(last);
  return heard;
}

}  // namespace

TEST(the_first_change_of_a_room_is_the_next_one) {
  HeardChanges heard;
  CHECK(heard.take({0, 70}));
  CHECK(is_all(heard, 70));
}

TEST(changes_that_follow_each_other_are_all) {
  HeardChanges heard = begun_at(5);
  CHECK(heard.take({5, 70}));
  CHECK(heard.take({70, 71}));
  heard.compare(71);
  CHECK(!heard.asks());
}

TEST(a_change_that_does_not_follow_shows_that_others_were_missed) {
  HeardChanges heard = begun_at(5);
  CHECK(!heard.take({70, 71}));
  CHECK(heard.take({71, 72}));
}

TEST(changes_from_before_the_room_began_here_are_none_that_were_missed) {
  HeardChanges heard = begun_at(71);
  CHECK(heard.take({5, 70}));
  CHECK(heard.take({70, 71}));
  CHECK(heard.take({71, 72}));
}

TEST(what_redis_has_may_be_on_its_way) {
  HeardChanges heard = begun_at(5);
  heard.compare(71);
  CHECK(heard.asks());
  CHECK(heard.take({5, 70}));
  CHECK(heard.take({70, 71}));
  CHECK(heard.take({71, 72}));
  CHECK(heard.confirmed());
}

TEST(what_redis_has_and_does_not_come_was_missed) {
  HeardChanges heard = begun_at(5);
  heard.compare(70);
  CHECK(heard.asks());
  heard.compare(71);
  CHECK(!heard.asks());
  CHECK(!heard.confirmed());
  CHECK(is_all(heard, 70));
}

TEST(what_was_missed_is_found_once) {
  HeardChanges heard = begun_at(5);
  heard.compare(71);
  CHECK(heard.asks());
  CHECK(!heard.take({70, 71}));
  CHECK(heard.confirmed());
}

TEST(a_question_from_before_redis_had_a_change_does_not_tell_that_it_was_missed) {
  HeardChanges heard = begun_at(5);
  heard.compare(70);
  CHECK(heard.asks());
  CHECK(heard.take({5, 70}));
  heard.compare(71);
  CHECK(heard.asks());
  CHECK(heard.confirmed());
  CHECK(!heard.confirmed());
}

TEST(who_is_cut_off_asks_again) {
  HeardChanges heard = begun_at(5);
  heard.compare(70);
  CHECK(heard.asks());
  heard.cut_off();
  heard.compare(70);
  CHECK(heard.asks());
  CHECK(!heard.confirmed());
}

TEST(a_server_that_has_lost_the_last_numbers_shows_another_one) {
  HeardChanges heard = begun_at(71);
  CHECK(!is_all(heard, 70));
}

TEST(a_number_that_the_server_could_not_keep_is_the_next_one) {
  HeardChanges heard = begun_at(5);
  CHECK(heard.take({5, 0}));
  CHECK(is_all(heard, 0));
  CHECK(heard.take({0, 0}));
  CHECK(heard.take({0, 70}));
  CHECK(!heard.take({0, 71}));
}
