// History queries and recovery in the structured dialect, tested with whole messages.
#include <memory>

#include "support/session_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;

struct Fixture {
  explicit Fixture(RecoveryMode mode = RecoveryMode::kStream) : hub(settings(mode), stream_kinds()) {}

  static Hub::Settings settings(RecoveryMode mode) {
    Hub::Settings settings;
    settings.rooms.recovery_mode = mode;
    settings.max_lag = 8 << 20;
    settings.max_rooms = 10;
    settings.max_memory = 16 << 20;
    settings.rooms.history = {50, 4 << 20, 300 * kSecond};
    return settings;
  }

  Sessions sessions;
  Hub hub;
  Options options = default_options();
  Time now = 0;
  std::unique_ptr<SessionPeer> a = joined();

  std::unique_ptr<SessionPeer> peer() {
    auto peer = std::make_unique<SessionPeer>(hub, sessions, options);
    (void)ask(*peer, R"({"id":1,"connect":{}})");
    return peer;
  }
  std::unique_ptr<SessionPeer> joined() {
    auto made = peer();
    (void)ask(*made, R"({"id":2,"subscribe":{"channel":"room"}})");
    return made;
  }
  std::vector<std::string> ask(SessionPeer& peer, const std::string& command) {
    peer.session.receive(command, now);
    while (hub.due() <= now) hub.flush(now, 1000);
    return peer.take();
  }
  void publish(int from, int to, size_t size = 0) {
    for (int i = from; i <= to; ++i) {
      now += kSecond / 100;
      std::string data = '"' + std::to_string(i) + std::string(size, '.') + '"';
      (void)ask(*a, R"({"id":3,"publish":{"channel":"room","data":)" + data + "}}");
    }
  }
  std::string epoch() { return hub.find("room")->epoch(); }
  std::string recover(SessionPeer& peer, uint64_t offset, const std::string& from_epoch) {
    return ask(peer, R"({"id":2,"subscribe":{"channel":"room","recover":true,"offset":)" + std::to_string(offset) +
                         R"(,"epoch":")" + from_epoch + "\"}}")
        .at(0);
  }
  std::string history(const std::string& query) {
    return ask(*a, R"({"id":4,"history":{"channel":"room")" + query + "}}").at(0);
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The offsets of the publications in a text, in order.
std::string offsets(std::string_view text) {
  std::string found;
  constexpr std::string_view kBefore = "},\"offset\":";
  for (size_t at = text.find(kBefore); at != std::string_view::npos; at = text.find(kBefore, at + 1)) {
    std::string_view number = text.substr(at + kBefore.size());
    found += (found.empty() ? "" : " ") + std::string(number.substr(0, number.find_first_not_of("0123456789")));
  }
  return found;
}

}  // namespace

TEST(a_subscribe_reply_has_the_position_even_in_a_quiet_room) {
  Fixture f;
  auto b = f.peer();
  std::string reply = f.ask(*b, R"({"id":2,"subscribe":{"channel":"room"}})").at(0);
  CHECK_EQ(reply,
           R"({"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":")" + f.epoch() + R"(","offset":0}})");
}

TEST(the_reply_has_all_missed_messages) {
  Fixture f;
  f.publish(1, 5);
  auto b = f.peer();
  std::string reply = f.recover(*b, 2, f.epoch());
  CHECK(has(reply, R"("offset":2,"was_recovering":true,"recovered":true,"publications":[{"data":"3",)"));
  CHECK_EQ(offsets(reply), "3 4 5");
  CHECK_EQ(f.hub.counters().recovered, 1u);
}

TEST(a_recovery_without_missed_messages_succeeds) {
  Fixture f;
  f.publish(1, 2);
  auto b = f.peer();
  std::string reply = f.recover(*b, 2, f.epoch());
  CHECK(has(reply, R"("recovered":true}})"));
  CHECK_EQ(offsets(reply), "");
}

TEST(a_missing_epoch_means_the_present_one) {
  Fixture f;
  f.publish(1, 2);
  auto b = f.peer();
  CHECK_EQ(offsets(f.recover(*b, 0, "")), "1 2");
}

TEST(a_position_of_another_epoch_is_not_recovered) {
  Fixture f;
  f.publish(1, 2);
  auto b = f.peer();
  std::string reply = f.recover(*b, 1, "other");
  CHECK(has(reply, R"("offset":2,"was_recovering":true,"recovered":false}})"));
  CHECK_EQ(f.hub.counters().unrecovered, 1u);
}

TEST(a_position_before_the_history_is_not_recovered) {
  Fixture f;
  f.publish(1, 60);
  auto b = f.peer();
  CHECK(has(f.recover(*b, 9, f.epoch()), R"("recovered":false)"));
  auto c = f.peer();
  CHECK(has(f.recover(*c, 10, f.epoch()), R"("recovered":true)"));
}

TEST(expired_messages_are_not_recovered) {
  Fixture f;
  f.publish(1, 3);
  f.now += 301 * kSecond;
  auto b = f.peer();
  CHECK(has(f.recover(*b, 2, f.epoch()), R"("recovered":false)"));
  auto c = f.peer();
  CHECK(has(f.recover(*c, 3, f.epoch()), R"("recovered":true)"));
}

TEST(a_position_ahead_of_the_room_is_not_recovered) {
  Fixture f;
  f.publish(1, 2);
  auto b = f.peer();
  CHECK(has(f.recover(*b, 3, f.epoch()), R"("recovered":false)"));
  auto c = f.peer();
  CHECK(has(f.recover(*c, UINT64_MAX, f.epoch()), R"("recovered":false)"));
}

TEST(a_long_recovery_continues_after_the_reply_and_before_new_messages) {
  Fixture f;
  f.publish(1, 40, 5000);
  auto b = f.peer();
  b->session.receive(R"({"id":2,"subscribe":{"channel":"room","recover":true,"offset":0,"epoch":""}})", f.now);
  CHECK(b->session.behind());
  f.publish(41, 41);
  std::string all;
  while (b->session.behind()) b->session.resume(f.now);
  for (const std::string& text : b->take()) all += text;
  std::string expected = "1";
  for (int i = 2; i <= 41; ++i) expected += " " + std::to_string(i);
  CHECK_EQ(offsets(all), expected);
}

TEST(history_returns_the_requested_messages) {
  Fixture f;
  f.publish(1, 5);
  CHECK_EQ(offsets(f.history("")), "");
  CHECK_EQ(offsets(f.history(R"(,"limit":-1)")), "1 2 3 4 5");
  CHECK_EQ(offsets(f.history(R"(,"limit":2)")), "1 2");
  CHECK_EQ(offsets(f.history(R"(,"limit":2,"reverse":true)")), "5 4");
  CHECK_EQ(offsets(f.history(R"(,"limit":-1,"since":{"offset":3})")), "4 5");
  CHECK_EQ(offsets(f.history(R"(,"limit":-1,"since":{"offset":3,"epoch":")" + f.epoch() + "\"}")), "4 5");
  CHECK_EQ(offsets(f.history(R"(,"limit":1,"since":{"offset":3})")), "4");
  CHECK_EQ(offsets(f.history(R"(,"limit":2,"since":{"offset":4},"reverse":true)")), "3 2");
  CHECK_EQ(offsets(f.history(R"(,"limit":-5)")), "1 2 3 4 5");
  CHECK_EQ(offsets(f.history(R"(,"limit":2,"since":{"offset":6},"reverse":true)")), "5 4");
  CHECK_EQ(offsets(f.history(R"(,"limit":2,"since":{"offset":1},"reverse":true)")), "");
  CHECK_EQ(offsets(f.history(R"(,"limit":-1,"since":{"offset":5})")), "");
}

TEST(history_returns_the_position_of_the_room) {
  Fixture f;
  f.publish(1, 3);
  CHECK_EQ(f.history(""), R"({"id":4,"history":{"publications":[],"epoch":")" + f.epoch() + R"(","offset":3}})");
}

TEST(history_across_a_gap_begins_with_the_first_message_that_is_kept) {
  Fixture f;
  f.publish(1, 60);
  for (const char* offset : {"0", "9", "10"})
    CHECK_EQ(offsets(f.history(R"(,"limit":1,"since":{"offset":)" + std::string(offset) + "}")), "11");
  CHECK_EQ(offsets(f.history(R"(,"limit":1,"since":{"offset":11},"reverse":true)")), "");
}

TEST(history_behind_the_last_message_is_empty) {
  Fixture f;
  f.publish(1, 3);
  for (const char* offset : {"3", "4", "18446744073709551615"})
    CHECK_EQ(f.history(R"(,"limit":-1,"since":{"offset":)" + std::string(offset) + "}"),
             R"({"id":4,"history":{"publications":[],"epoch":")" + f.epoch() + R"(","offset":3}})");
  CHECK_EQ(offsets(f.history(R"(,"limit":2,"since":{"offset":99},"reverse":true)")), "");
}

TEST(a_client_that_wants_all_or_an_error_gets_the_error_and_does_not_join) {
  Fixture f;
  f.publish(1, 60);
  auto b = f.peer();
  std::string rest = R"(,"epoch":")" + f.epoch() + R"(","flag":2}})";
  auto come_back = [&](const std::string& place) {
    return f.ask(*b, R"({"id":2,"subscribe":{"recover":true,"channel":)" + place + rest).at(0);
  };
  CHECK(has(come_back(R"("room","offset":9)"), R"("code":112)"));
  CHECK(has(come_back(R"("another","offset":9)"), R"("code":112)"));
  CHECK_EQ(f.hub.find("another"), nullptr);
  CHECK_EQ(f.hub.find("room")->members().size(), 1u);
  CHECK_EQ(offsets(come_back(R"("room","offset":58)")), "59 60");
}

TEST(where_only_the_last_message_counts_a_client_that_comes_back_gets_it) {
  Fixture f{RecoveryMode::kCache};
  f.publish(1, 60);
  auto b = f.peer();
  auto come_back = [&](uint64_t offset, const std::string& epoch) {
    std::string reply = f.recover(*b, offset, epoch);
    (void)f.ask(*b, R"({"id":3,"unsubscribe":{"channel":"room"}})");
    CHECK(has(reply, R"("was_recovering":true,"recovered":true)"));
    CHECK(has(reply, R"("offset":)" + std::to_string(offset) + ",\"was"));
    return offsets(reply);
  };
  CHECK_EQ(come_back(0, ""), "60");
  CHECK_EQ(come_back(58, f.epoch()), "60");
  CHECK_EQ(come_back(60, "other"), "60");
  CHECK_EQ(come_back(60, f.epoch()), "");
  std::string newcomer = f.ask(*b, R"({"id":2,"subscribe":{"channel":"room"}})").at(0);
  CHECK(!has(newcomer, "recovering"));
  CHECK_EQ(offsets(newcomer), "");
}

TEST(where_only_the_last_message_counts_and_there_is_none_only_the_same_position_is_recovered) {
  Fixture f{RecoveryMode::kCache};
  f.publish(1, 2);
  (void)f.hub.forget_history(*f.hub.find("room"));
  auto b = f.peer();
  CHECK(has(f.recover(*b, 1, f.epoch()), R"("offset":2,"was_recovering":true,"recovered":false}})"));
  auto c = f.peer();
  CHECK(has(f.recover(*c, 2, f.epoch()), R"("offset":2,"was_recovering":true,"recovered":true}})"));
}

TEST(a_client_that_a_back_end_puts_into_a_room_gets_what_it_has_missed_after_the_push) {
  Fixture f;
  f.publish(1, 5);
  auto b = f.peer();
  Position seen{f.epoch(), 3};
  CHECK(b->session.invite("room", std::make_shared<Invitation>(), &seen, f.now) == Status::kOk);
  b->session.resume(f.now);
  while (f.hub.due() <= f.now) f.hub.flush(f.now, 1000);
  std::string all;
  for (const std::string& text : b->take()) all += text;
  CHECK_EQ(all.find(R"({"push":{"channel":"room","subscribe":{"recoverable":true,"positioned":true,"epoch":")" +
                    f.epoch() + R"(","offset":3}}})"),
           0u);
  CHECK_EQ(offsets(all), "4 5");
}

TEST(a_room_can_give_the_last_message_to_everybody_who_comes) {
  Fixture f{RecoveryMode::kAutoCache};
  auto b = f.peer();
  std::string empty = f.ask(*b, R"({"id":2,"subscribe":{"channel":"room"}})").at(0);
  CHECK(has(empty, R"("was_recovering":true,"recovered":false}})"));
  f.publish(1, 3);
  auto c = f.peer();
  std::string reply = f.ask(*c, R"({"id":2,"subscribe":{"channel":"room"}})").at(0);
  CHECK(has(reply, R"("offset":0,"was_recovering":true,"recovered":true)"));
  CHECK_EQ(offsets(reply), "3");
}

TEST(an_answer_does_not_overtake_earlier_messages) {
  Fixture f;
  auto b = f.joined();
  f.a->session.receive(R"({"id":3,"publish":{"channel":"room","data":1}})", f.now);
  b->session.receive(R"({"id":4,"history":{"channel":"room","limit":5}})", f.now);
  std::vector<std::string> texts = b->take();
  CHECK_EQ(texts.size(), 2u);
  CHECK(has(texts[0], R"({"push":)"));
}

TEST(a_client_that_reads_nothing_is_not_served_further_and_costs_little_memory) {
  Fixture f;
  f.publish(1, 20, 10000);
  auto b = f.joined();
  b->appetite = 0;
  std::string commands;
  for (int i = 10; i < 60; ++i)
    commands += R"({"id":)" + std::to_string(i) + R"(,"history":{"channel":"room","limit":-1}})" + "\n";
  b->session.receive(commands, f.now);
  CHECK(b->held);
  CHECK(b->spent < 10);
  b->appetite = 1 << 30;
  size_t replies = 0;
  for (int i = 0; i < 100; ++i) b->session.resume(f.now);
  for (const std::string& text : b->take()) replies += has(text, R"(,"history":{"publications":[{)");
  CHECK_EQ(replies, 50u);
  CHECK(!b->held);
}

TEST(a_client_over_its_rate_is_served_when_it_may_go_on) {
  Fixture f;
  auto b = f.joined();
  b->allowance = 2;
  b->session.receive("{\"id\":3,\"ping\":{}}\n{\"id\":4,\"ping\":{}}\n{\"id\":5,\"ping\":{}}\n{\"id\":6,\"ping\":{}}",
                     f.now);
  CHECK_EQ(b->take().size(), 2u);
  b->allowance = 0;
  b->session.receive("{\"id\":7,\"ping\":{}}", f.now);
  CHECK_EQ(b->take().size(), 0u);
  b->session.resume(f.now);
  CHECK_EQ(b->take().size(), 3u);
}
