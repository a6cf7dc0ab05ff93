// Rooms that the journal keeps: what they know after a restart, and what they say while it writes.
#include <optional>
#include <string>

#include "core/recovery.h"
#include "support/durable_fixture.h"

using namespace lws_chat;
using namespace lws_chat::durable_test;

namespace {

Message versioned(const char* payload, uint64_t version, const char* epoch = "") {
  Message message{payload};
  message.version = version;
  message.version_epoch = epoch;
  return message;
}

}  // namespace

TEST(a_room_goes_on_after_a_restart_with_epoch_offset_and_messages) {
  Fixture f;
  f.publish(5);
  std::string epoch = f.room().epoch();
  f.restart();
  Room& room = f.room();
  CHECK_EQ(room.epoch(), epoch);
  CHECK_EQ(room.history().top(), 5u);
  CHECK_EQ(room.history().first(), 3u);
  CHECK_EQ(room.first_kept(), 1u);
  f.publish(1);
  CHECK_EQ(f.disk["room"].top, 6u);
}

TEST(messages_keep_their_age_through_a_restart) {
  Fixture f;
  f.publish(1);
  f.wait(40 * kSecond);
  f.publish(1);
  f.restart();
  f.wait(25 * kSecond);
  CHECK_EQ(f.hub->history(f.room(), f.now).first(), 2u);
  CHECK_EQ(f.room().first_kept(), 2u);
  f.wait(40 * kSecond);
  CHECK(f.hub->history(f.room(), f.now).empty());
  CHECK_EQ(f.room().first_kept(), 3u);
}

TEST(what_the_journal_has_trimmed_cannot_be_recovered) {
  Fixture f;
  f.publish(12);
  CHECK_EQ(f.room().first_kept(), 3u);
  CHECK(!recover_after(f.room(), {f.room().epoch(), 1}).whole);
  CHECK(recover_after(f.room(), {f.room().epoch(), 2}).whole);
  CHECK_EQ(recover_last(f.room(), 100).next, 3u);
  CHECK_EQ(recover_last(f.room(), 5).next, 8u);
  f.restart();
  CHECK_EQ(f.room().first_kept(), 3u);
}

TEST(a_lack_of_memory_costs_a_durable_room_no_message) {
  Fixture f;
  f.publish(5);
  f.room().history().clear();
  CHECK_EQ(f.room().first_kept(), 1u);
  CHECK(recover_after(f.room(), {f.room().epoch(), 0}).whole);
}

TEST(rooms_without_a_history_are_not_in_the_journal) {
  Fixture f;
  (void)publish(*f.hub, "bare:room", {"one"}, f.now);
  CHECK(f.disk.empty());
}

TEST(a_room_whose_messages_were_removed_has_none_after_a_restart_and_its_offsets_go_on) {
  Fixture f;
  f.publish(5);
  f.journal->at_once = false;
  std::optional<Status> gone;
  f.hub->forget_history(f.room()).then([&](Status status) { gone = status; });
  CHECK(!gone);
  f.settle();
  CHECK(gone == Status::kOk);
  f.journal->at_once = true;
  CHECK_EQ(f.room().first_kept(), 6u);
  f.restart();
  CHECK_EQ(f.room().first_kept(), 6u);
  CHECK_EQ(f.room().history().top(), 5u);
}

TEST(messages_that_could_not_be_removed_are_still_there) {
  Fixture f;
  f.publish(5);
  f.journal->write_status = Status::kUnavailable;
  CHECK(f.hub->forget_history(f.room()).value() == Status::kUnavailable);
  CHECK_EQ(f.room().first_kept(), 1u);
}

TEST(a_room_that_forgets_stays_until_the_journal_has_forgotten) {
  Fixture f;
  f.publish(1);
  f.journal->at_once = false;
  (void)f.hub->forget_history(f.room());
  f.turn();
  CHECK(f.hub->find("room") != nullptr);
  f.settle();
  CHECK(f.hub->find("room") == nullptr);
}

TEST(a_question_about_a_room_that_nobody_uses_leaves_nothing_behind) {
  Fixture f;
  CHECK(f.hub->look_up("room", f.now).value() == Status::kOk);
  CHECK(f.hub->find("room") != nullptr);
  f.turn();
  CHECK(f.hub->find("room") == nullptr);
  f.journal->at_once = false;
  std::optional<bool> there;
  f.hub->look_up("room", f.now).then([&](Status) { there = f.hub->find("room") != nullptr; });
  f.settle();
  CHECK(there == true);
  CHECK(f.hub->find("room") == nullptr);
}

TEST(a_room_that_cannot_be_restored_is_refused_at_once_and_late) {
  Fixture f;
  f.journal->read_status = Status::kUnavailable;
  Reader reader;
  CHECK(join(*f.hub, reader, "room", 0, f.now) == Status::kUnavailable);
  f.journal->at_once = false;
  std::optional<Status> answer;
  f.hub->join(reader, {"room"}, f.now).then([&](Status status) { answer = status; });
  f.settle();
  CHECK(answer == Status::kUnavailable);
  CHECK(f.hub->find("room") == nullptr);
}

TEST(a_version_is_outdated_by_one_that_waits_for_the_journal) {
  Fixture f;
  (void)f.room();
  Reader reader;
  CHECK(join(*f.hub, reader, "room", 0, f.now) == Status::kOk);
  f.journal->at_once = false;
  auto first = f.publish_late(versioned("two", 2));
  auto late = f.publish_late(versioned("one", 1));
  CHECK(!*first && !*late);
  f.settle();
  CHECK_EQ((*first)->position.offset, 1u);
  CHECK((*late)->status == Status::kOk);
  CHECK_EQ((*late)->position.offset, 1u);
  CHECK_EQ(reader.read, "two ");
  f.hub->leave(reader, f.now);
}

TEST(a_version_that_waits_and_fails_takes_the_outdated_one_behind_it_along) {
  Fixture f;
  (void)f.room();
  f.journal->at_once = false;
  auto first = f.publish_late(versioned("two", 2));
  auto late = f.publish_late(versioned("one", 1));
  f.journal->write_status = Status::kUnavailable;
  f.settle();
  CHECK((*first)->status == Status::kUnavailable && (*late)->status == Status::kUnavailable);
  f.journal->write_status = Status::kOk;
  auto again = f.publish_late(versioned("one", 1));
  f.settle();
  CHECK_EQ((*again)->position.offset, 1u);
}

TEST(versions_and_their_epoch_survive_a_restart) {
  Fixture f;
  (void)publish(*f.hub, "room", versioned("two", 2, "a"), f.now);
  f.restart();
  CHECK(f.room().is_outdated(versioned("one", 1, "a")));
  CHECK(f.room().is_outdated(versioned("one", 1)));
  CHECK(!f.room().is_outdated(versioned("one", 1, "b")));
  CHECK(!f.room().is_outdated(versioned("three", 3, "a")));
}
