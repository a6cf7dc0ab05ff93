// A node numbers its publications, so that a real Redis knows those that come again.
#include "support/room_fixture.h"

using namespace lws_chat;
using namespace lws_chat::room_test;

namespace {

// Publications of a node, with their numbers.
struct Numbered : Fixture {
  std::string key = keys.publisher("node");
  uint64_t connection = 1;
  uint64_t series = 1;

  PublishCall numbered(uint64_t number, std::string_view publication) {
    PublishCall made = call(publication);
    made.number = number;
    made.series = series;
    made.connection = connection;
    made.publisher_key = key;
    return made;
  }
  Outcome publish(uint64_t number, std::string_view publication) {
    return Fixture::publish(numbered(number, publication));
  }
  bool is_refused(uint64_t number, std::string_view publication) {
    RedisReply reply;
    run_publish(link, room, kBounds, kFirst, numbered(number, publication),
                [&](const RedisReply& answer, Time) { reply = answer; });
    return reply.is_error();
  }
};

}  // namespace

TEST(a_publication_that_is_sent_again_is_published_once) {
  Numbered f;
  f.publish(1, "one");
  f.publish(2, "two");
  f.connection = 2;
  Outcome again = f.publish(1, "one");
  CHECK(again.outcome == PublishOutcome::kRepeated);
  CHECK_EQ(again.offset, 1u);
  CHECK_EQ(again.epoch, "fresh1");
  CHECK(f.publish(3, "three").outcome == PublishOutcome::kPublished);
  CHECK_EQ(f.position({}, 10).entries, "1:one 2:two 3:three");
}

TEST(a_publication_that_is_not_in_the_stream_any_more_is_published_once_all_the_same) {
  Numbered f;
  f.publish(1, "one");
  for (std::string_view text : {"2", "3", "4", "5"}) f.Fixture::publish(text);
  Outcome again = f.publish(1, "one");
  CHECK(again.outcome == PublishOutcome::kRepeated);
  CHECK_EQ(again.offset, 0u);
  CHECK_EQ(f.position({}, 10).entries, "3:3 4:4 5:5");
}

TEST(a_publication_that_is_not_the_next_one_is_not_taken) {
  Numbered f;
  f.publish(1, "one");
  Outcome early = f.publish(3, "three");
  CHECK(early.outcome == PublishOutcome::kEarly);
  CHECK(f.publish(2, "two").outcome == PublishOutcome::kPublished);
  CHECK_EQ(f.position({}, 10).entries, "1:one 2:two");
}

TEST(a_series_begins_with_its_first_publication) {
  Numbered f;
  f.publish(1, "one");
  f.series = 2;
  CHECK(f.publish(2, "two").outcome == PublishOutcome::kEarly);
  CHECK(f.publish(1, "two").outcome == PublishOutcome::kPublished);
  CHECK_EQ(f.position({}, 10).entries, "1:one 2:two");
}

TEST(what_comes_through_an_earlier_connection_of_the_node_is_refused) {
  Numbered f;
  f.connection = 2;
  f.publish(1, "one");
  f.connection = 1;
  CHECK(f.is_refused(2, "two"));
  CHECK_EQ(f.position({}, 10).entries, "1:one");
}

TEST(a_publication_that_is_refused_leaves_its_number_free) {
  Numbered f;
  f.link({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(f.is_refused(1, "one"));
  f.link({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(f.publish(1, "two").outcome == PublishOutcome::kPublished);
}
