#include "sqlite/store.h"

#include <sys/stat.h>

#include "support/store_fixture.h"

using namespace lws_chat;
using Fixture = unit::StoreFixture;
using Kind = Records::Kind;

namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + ";";
  return all;
}

std::string payloads(const Journal::Page& page) {
  std::string all;
  for (const KeptMessage& message : page.messages) all += std::string(message.view().payload) + ";";
  return all;
}

}  // namespace

TEST(a_message_that_was_taken_is_there_after_a_restart) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK(f.restore("room", "epoch").ok());
  CHECK(f.append("room", 1, "one") == Status::kOk);
  CHECK(f.append("room", 2, "two") == Status::kOk);
  f.open_again();
  Fixture::Room room = f.restore("room", "other");
  CHECK(room.ok());
  CHECK_EQ(room.restored.position.epoch, "epoch");
  CHECK_EQ(room.restored.position.offset, 2u);
  CHECK_EQ(room.restored.first, 1u);
  CHECK_EQ(joined(room.messages), "one;two;");
  CHECK(f.append("room", 3, "three") == Status::kOk);
}

TEST(every_part_of_a_message_survives) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  std::string binary("\0\xff\n", 3);
  Message whole{binary, Format::kBinary, R"({"user":"ann"})", R"({"a":"b"})", false, 1'699'999'999'999, UINT64_MAX, "v",
                {}};
  CHECK(f.wait(f.store->append("room", f.limits, {"epoch", 1}, whole)) == Status::kOk);
  Message plain{"{}", Format::kJson};
  CHECK(f.wait(f.store->append("room", f.limits, {"epoch", 2}, plain)) == Status::kOk);
  Message early{"", Format::kText, {}, {}, false, INT64_MIN, 0, {}, {}};
  CHECK(f.wait(f.store->append("room", f.limits, {"epoch", 3}, early)) == Status::kOk);
  f.open_again();
  Journal::Page page = f.read("room", 1);
  CHECK_EQ(page.messages.size(), 3u);
  Message first = page.messages[0].view();
  CHECK_EQ(first.payload, binary);
  CHECK(first.format == Format::kBinary);
  CHECK_EQ(first.publisher, whole.publisher);
  CHECK_EQ(first.tags, whole.tags);
  CHECK_EQ(first.unix_ms, whole.unix_ms);
  CHECK_EQ(first.version, whole.version);
  CHECK_EQ(first.version_epoch, "v");
  CHECK(page.messages[1].view().format == Format::kJson);
  CHECK_EQ(page.messages[1].view().unix_ms, 0);
  CHECK_EQ(page.messages[2].view().unix_ms, INT64_MIN);
  CHECK_EQ(page.messages[2].view().payload, "");
}

TEST(a_room_that_nobody_knows_begins_with_the_new_epoch_and_keeps_it) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  Fixture::Room room = f.restore("room", "first");
  CHECK(room.ok());
  CHECK_EQ(room.restored.position.epoch, "first");
  CHECK_EQ(room.restored.position.offset, 0u);
  CHECK_EQ(room.restored.first, 1u);
  f.open_again();
  CHECK_EQ(f.restore("room", "second").restored.position.epoch, "first");
}

TEST(a_message_is_taken_only_behind_the_last_one) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 3), 3u);
  CHECK(f.append("room", 5, "ahead") == Status::kUnavailable);
  CHECK(f.append("room", 3, "again") == Status::kUnavailable);
  CHECK(f.append("room", 0, "zero") == Status::kUnavailable);
  CHECK(f.append("room", 4, "next") == Status::kOk);
  f.open_again();
  // A room need not be restored to be written.
  CHECK(f.append("room", 6, "ahead") == Status::kUnavailable);
  CHECK(f.append("room", 5, "next") == Status::kOk);
  CHECK_EQ(f.store->counters().refused, 1u);
}

TEST(a_room_with_another_epoch_begins_anew) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 3), 3u);
  CHECK(f.append("room", 8, "moved", "other") == Status::kOk);
  f.open_again();
  Fixture::Room room = f.restore("room");
  CHECK_EQ(room.restored.position.epoch, "other");
  CHECK_EQ(room.restored.position.offset, 8u);
  CHECK_EQ(room.restored.first, 8u);
  CHECK_EQ(joined(room.messages), "moved;");
}

TEST(restoring_gives_as_many_messages_as_stay_in_memory) {
  Fixture f;
  f.limits.in_memory = 3;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 10), 10u);
  Fixture::Room room = f.restore("room");
  CHECK_EQ(joined(room.messages), "8;9;10;");
  CHECK_EQ(room.first, 8u);
  CHECK_EQ(room.restored.first, 1u);
}

TEST(pages_are_bounded_by_messages_and_by_bytes) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 9), 9u);
  CHECK_EQ(payloads(f.read("room", 1, 3)), "1;2;3;");
  CHECK_EQ(payloads(f.read("room", 8, 3)), "8;9;");
  CHECK_EQ(payloads(f.read("room", 4, 3, 1)), "4;");
  CHECK_EQ(payloads(f.read("room", 10, 3)), "");
  CHECK_EQ(payloads(f.read("nowhere", 1, 3)), "");
  CHECK(f.read("nowhere", 1).status == Status::kOk);
}

TEST(a_page_waits_for_messages_that_were_queued_before) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  for (uint64_t offset = 1; offset <= 3; ++offset)
    f.store->append("room", f.limits, {"epoch", offset}, Fixture::text("x")).then([](Status) {});
  CHECK_EQ(f.read("room", 1).messages.size(), 3u);
}

TEST(the_oldest_messages_go_beyond_the_count) {
  Fixture f;
  f.limits.messages = 3;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 10), 10u);
  CHECK_EQ(f.trimmed.size(), 1u);
  CHECK_EQ(f.trimmed[0].first, "room");
  CHECK_EQ(f.trimmed[0].second, 8u);
  CHECK(f.append("room", 11, "11") == Status::kOk);
  Journal::Page page = f.read("room", 1);
  CHECK_EQ(page.first, 9u);
  CHECK_EQ(payloads(page), "9;10;11;");
  CHECK_EQ(f.store->counters().trimmed, 8u);
}

TEST(the_oldest_messages_go_beyond_the_bytes) {
  Fixture f;
  f.limits.bytes = 10;
  CHECK_EQ(f.open(), "");
  CHECK(f.append("room", 1, "aaaa") == Status::kOk);
  CHECK(f.append("room", 2, "bbbb") == Status::kOk);
  CHECK(f.append("room", 3, "cccc") == Status::kOk);
  CHECK_EQ(payloads(f.read("room", 1)), "bbbb;cccc;");
  f.open_again();
  CHECK(f.append("room", 4, "dd") == Status::kOk);
  CHECK_EQ(payloads(f.read("room", 1)), "bbbb;cccc;dd;");
  CHECK(f.append("room", 5, "too long for it") == Status::kOk);
  CHECK_EQ(f.read("room", 1).first, 6u);
  f.open_again();
  // The position stays.
  CHECK_EQ(f.restore("room").restored.position.offset, 5u);
  CHECK(f.append("room", 6, "f") == Status::kOk);
}

TEST(old_messages_are_not_given_and_go_with_the_next_one) {
  Fixture f;
  f.limits.age = 10 * Fixture::kSecond;
  CHECK_EQ(f.open(), "");
  CHECK(f.append("room", 1, "old") == Status::kOk);
  f.now += 8000;
  CHECK(f.append("room", 2, "young") == Status::kOk);
  f.now += 8000;
  Fixture::Room room = f.restore("room");
  CHECK_EQ(joined(room.messages), "young;");
  CHECK_EQ(room.ages[0], 8 * Fixture::kSecond);
  CHECK_EQ(f.read("room", 1).first, 2u);
  CHECK(f.append("room", 3, "new") == Status::kOk);
  CHECK_EQ(f.trimmed.back().second, 2u);
}

TEST(ages_are_not_negative_when_the_clock_was_set_back) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK(f.append("room", 1, "one") == Status::kOk);
  f.now -= 100'000'000;
  CHECK(f.append("room", 2, "two") == Status::kOk);
  f.open_again();
  Fixture::Room room = f.restore("room");
  CHECK_EQ(joined(room.messages), "one;two;");
  CHECK_EQ(room.ages[0], 0);
  CHECK_EQ(room.ages[1], 0);
  CHECK_EQ(payloads(f.read("room", 1)), "one;two;");
}

TEST(a_forgotten_room_keeps_its_position) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 5), 5u);
  CHECK(f.wait(f.store->forget("room")) == Status::kOk);
  CHECK(f.wait(f.store->forget("nowhere")) == Status::kOk);
  CHECK_EQ(f.trimmed.back().second, 6u);
  CHECK_EQ(f.read("room", 1).messages.size(), 0u);
  f.open_again();
  Fixture::Room room = f.restore("room", "other");
  CHECK_EQ(room.restored.position.epoch, "epoch");
  CHECK_EQ(room.restored.position.offset, 5u);
  CHECK_EQ(room.restored.first, 6u);
  CHECK(f.append("room", 6, "six") == Status::kOk);
}

TEST(records_are_loaded_until_they_are_over) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  (void)f.store->keep(Kind::kRevokedToken, "a", "", f.now + 1000);
  (void)f.store->keep(Kind::kRevokedToken, "b", "1", f.now + 1000);
  (void)f.store->keep(Kind::kRevokedToken, "b", "2", f.now + 5000);
  (void)f.store->keep(Kind::kRevokedUser, "a", "user", Records::kForever);
  (void)f.store->keep(Kind::kPresent, "gone", "x", Records::kForever);
  f.store->drop(Kind::kPresent, "gone");
  f.open_again();
  f.now += 1000;
  CHECK_EQ(joined(f.load(Kind::kRevokedToken)), "b=2@" + std::to_string(f.now + 4000) + ";");
  CHECK_EQ(joined(f.load(Kind::kRevokedUser)), "a=user@" + std::to_string(INT64_MAX) + ";");
  CHECK_EQ(joined(f.load(Kind::kPresent)), "");
}

TEST(an_idempotency_key_is_a_record_for_300_seconds) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  Message message = Fixture::text("x");
  message.key = "key";
  CHECK(f.wait(f.store->append("room", f.limits, {"epoch", 1}, message)) == Status::kOk);
  f.open_again();
  CHECK_EQ(joined(f.load(Kind::kPublication)), "room/key=1 epoch@" + std::to_string(f.now + 300'000) + ";");
  f.now += 300'000;
  CHECK_EQ(joined(f.load(Kind::kPublication)), "");
}

TEST(messages_beyond_the_queue_are_refused_at_once_and_those_behind_them_too) {
  Fixture f;
  f.settings.max_queue = 100'000;
  CHECK_EQ(f.open(), "");
  std::string large(60'000, 'x');
  std::vector<Status> answers;
  auto send = [&](uint64_t offset, std::string_view payload) {
    Deferred<Status> answer = f.store->append("room", f.limits, {"epoch", offset}, Fixture::text(payload));
    bool ready = answer.ready();
    answer.then([&](Status status) { answers.push_back(status); });
    return ready;
  };
  CHECK(!send(1, large));
  CHECK(send(2, large));
  CHECK(!send(3, "behind"));
  f.until([&] { return answers.size() == 3; });
  CHECK(answers[0] == Status::kUnavailable);  // the one that was refused at once
  CHECK(answers[1] == Status::kOk);
  CHECK(answers[2] == Status::kUnavailable);
  CHECK_EQ(f.store->counters().queue_bytes, 0u);
  CHECK_EQ(f.store->counters().queue_messages, 0u);
  CHECK_EQ(f.store->counters().refused, 2u);
  CHECK(f.append("room", 2, "again") == Status::kOk);
}

TEST(many_rooms_are_written_and_forgotten_by_the_memory) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  size_t answered = 0;
  for (int round = 1; round <= 2; ++round)
    for (int i = 0; i < 20'000; ++i) {
      f.store
          ->append("room " + std::to_string(i), f.limits, {"epoch", static_cast<uint64_t>(round)}, Fixture::text("x"))
          .then([&](Status status) {
            CHECK(status == Status::kOk);
            ++answered;
          });
      if (i % 1000 == 999) f.until([&] { return f.store->counters().queue_messages == 0; });
    }
  f.until([&] { return answered == 40'000; });
  CHECK_EQ(f.store->counters().messages, 40'000u);
}

TEST(the_file_is_for_its_owner_and_group) {
  Fixture f;
  mode_t before = umask(0);
  CHECK_EQ(f.open(), "");
  umask(before);
  for (const char* part : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    CHECK_EQ(stat((f.settings.path + part).c_str(), &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0640u);
  }
}

TEST(a_record_that_cannot_be_queued_is_counted_and_told) {
  Fixture f;
  f.settings.max_queue = 1000;
  CHECK_EQ(f.open(), "");
  (void)f.store->keep(Kind::kPresent, "small", "x", Records::kForever);
  (void)f.store->keep(Kind::kPresent, "large", std::string(2000, 'x'), Records::kForever);
  f.until([&] { return !f.events.empty(); });
  CHECK(f.events[0].first == StoreSettings::Event::kNotice);
  CHECK_EQ(f.events[0].second, "1 records were not kept: too much waits to be written");
  CHECK_EQ(f.store->counters().dropped_records, 1u);
}
