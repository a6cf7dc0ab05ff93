#include "api/metrics.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "support/hub_calls.h"
#include "support/session_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;

// A text client that takes so many writes.
struct Texter final : Client {
  Texter() : Client(kTextKind) {}
  bool ready() override { return hungry; }
  size_t write(std::string_view frames) override {
    taken += frames.size();
    return frames.size();
  }
  void dismissed(Ending ending, Time) override { why = ending.why; }
  bool hungry = true;
  size_t taken = 0;
  Status why = Status::kOk;
};

struct Fixture {
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = 1000;
    settings.max_rooms = 3;
    settings.max_memory = 16 << 20;
    settings.rooms.history = {5, 1 << 20, 3600 * kSecond};
    return settings;
  }

  Sessions sessions;
  Hub hub{settings(), stream_kinds()};
  Options options = default_options();
  ApiCalls calls;
  CertificateExpiries certificates;
  DoorFacts doors;
  bool draining = false;
  std::optional<StoreCounters> storage;

  std::string text() {
    return metrics_text(hub, {"write", "4.1.6", draining, calls, certificates, doors, storage ? &*storage : nullptr});
  }

  // The value of a sample.
  std::string value(const std::string& sample) {
    std::istringstream lines(text());
    for (std::string line; std::getline(lines, line);)
      if (line.compare(0, sample.size() + 10, "lws_chat_" + sample + " ") == 0) return line.substr(sample.size() + 10);
    return "none";
  }
  void flush() {
    for (int i = 0; i < 5 && hub.due() <= 0; ++i) hub.flush(0, 1000);
  }
  void publish(const char* room, std::string_view payload) {
    (void)lws_chat::publish(hub, room, {payload}, 0);
    flush();
  }
};

}  // namespace

TEST(every_family_has_its_description_before_its_samples_and_occurs_once) {
  Fixture f;
  f.calls[{"publish", 200}] = 1;
  for (HookKind kind : {HookKind::kConnect, HookKind::kRpc}) f.doors.hooks[kind] = {};
  f.doors.tokens.emplace();
  f.doors.key_set.emplace();
  std::set<std::string> families;
  std::set<std::string> samples;
  std::string family;
  std::string type;
  std::istringstream lines(f.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 7, "# HELP ") == 0) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
      CHECK(line.size() > 7 + family.size() + 5 && line.back() == '.');
      CHECK(std::getline(lines, line));
      CHECK_EQ(line.substr(0, 7 + family.size() + 1), "# TYPE " + family + " ");
      type = line.substr(7 + family.size() + 1);
      CHECK(type == "counter" || type == "gauge" || type == "histogram");
      bool total = family.size() > 6 && family.substr(family.size() - 6) == "_total";
      CHECK_EQ(total, type == "counter");
      continue;
    }
    std::string sample = line.substr(0, line.rfind(' '));
    std::string name = sample.substr(0, sample.find('{'));
    std::string suffix = name.substr(std::min(name.size(), family.size()));
    CHECK_EQ(name.substr(0, family.size()), family);
    CHECK(type == "histogram" ? suffix == "_bucket" || suffix == "_sum" || suffix == "_count" : suffix.empty());
    CHECK(samples.insert(sample).second);
    CHECK(line.find_first_not_of("0123456789.e+-", line.rfind(' ') + 1) == std::string::npos);
  }
  CHECK(families.size() > 20);
}

TEST(labels_name_the_versions) {
  Fixture f;
  std::string text = f.text();
  CHECK(text.find("\nlws_chat_build_info{version=\"") != std::string::npos);
  CHECK(text.find("\",libwebsockets=\"4.1.6\",fanout=\"write\"} 1\n") != std::string::npos);
}

TEST(draining_is_a_metric) {
  Fixture f;
  CHECK_EQ(f.value("draining"), "0");
  f.draining = true;
  CHECK_EQ(f.value("draining"), "1");
}

TEST(clients_and_their_rooms_are_counted_by_dialect) {
  Fixture f;
  auto peer = std::make_unique<SessionPeer>(f.hub, f.sessions, f.options);
  Texter texter;
  f.hub.counters().connected(kTextKind);
  f.hub.counters().connected(kStructuredKind);
  CHECK(lws_chat::join(f.hub, texter, "a", 0, 0) == Status::kOk);
  peer->session.receive(
      "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"subscribe\":{\"channel\":"
      "\"b\"}}",
      0);
  for (auto [sample, expected] : {std::pair("clients{dialect=\"text\"}", "1"),
                                  {"clients{dialect=\"structured\"}", "1"},
                                  {"clients{dialect=\"events\"}", "0"},
                                  {"connects_total{dialect=\"text\"}", "1"},
                                  {"subscriptions{dialect=\"text\"}", "1"},
                                  {"subscriptions{dialect=\"structured\"}", "2"},
                                  {"joins_total{dialect=\"structured\"}", "2"},
                                  {"rooms{state=\"occupied\"}", "2"},
                                  {"rooms{state=\"remembered\"}", "0"}})
    CHECK_EQ(std::string(sample) + " " + f.value(sample), std::string(sample) + " " + expected);
  peer->session.receive(R"({"id":4,"unsubscribe":{"channel":"b"}})", 0);
  f.hub.leave(texter, 0);
  f.flush();
  CHECK_EQ(f.value("subscriptions{dialect=\"text\"}"), "0");
  CHECK_EQ(f.value("subscriptions{dialect=\"structured\"}"), "1");
  CHECK_EQ(f.value("joins_total{dialect=\"structured\"}"), "2");
  CHECK_EQ(f.value("rooms{state=\"occupied\"}"), "1");
}

TEST(empty_rooms_with_a_history_are_counted_with_their_messages) {
  Fixture f;
  f.publish("a", "12345");
  f.publish("a", "12345");
  f.publish("b", "1");
  CHECK_EQ(f.value("rooms{state=\"occupied\"}"), "0");
  CHECK_EQ(f.value("rooms{state=\"remembered\"}"), "2");
  CHECK_EQ(f.value("history_messages"), "3");
  CHECK_EQ(f.value("history_bytes"),
           std::to_string(f.hub.find("a")->history().bytes() + f.hub.find("b")->history().bytes()));
  CHECK_EQ(f.value("memory_bytes"), std::to_string(f.hub.memory().in_use()));
  for (const char* room : {"a", "b"}) (void)f.hub.forget_history(*f.hub.find(room));
  CHECK_EQ(f.value("rooms{state=\"remembered\"}"), "0");
  CHECK_EQ(f.value("history_messages"), "0");
  CHECK_EQ(f.value("history_bytes"), "0");
}

TEST(messages_deliveries_writes_and_bytes_match_the_traffic) {
  Fixture f;
  Texter a;
  Texter b;
  CHECK(lws_chat::join(f.hub, a, "room", 0, 0) == Status::kOk && lws_chat::join(f.hub, b, "room", 0, 0) == Status::kOk);
  f.publish("room", "12345");
  f.publish("room", "123");
  f.publish("nobody", "1");
  CHECK_EQ(f.value("messages_received_total"), "3");
  CHECK_EQ(f.value("received_bytes_total"), "9");
  CHECK_EQ(f.value("deliveries_total"), "4");
  CHECK_EQ(f.value("replayed_total"), "0");
  CHECK_EQ(f.value("writes_total"), "4");
  CHECK_EQ(f.value("sent_bytes_total"), std::to_string(a.taken + b.taken));
  CHECK_EQ(a.taken, size_t{2 + 5 + 2 + 3});
  CHECK_EQ(f.value("flushes_total"), "2");
  CHECK_EQ(f.value("delivery_delay_seconds_count"), "2");
  f.hub.leave(a, 0);
  f.hub.leave(b, 0);
}

TEST(a_replay_counts_as_deliveries) {
  Fixture f;
  f.publish("room", "1");
  f.publish("room", "2");
  Texter late;
  CHECK(lws_chat::join(f.hub, late, "room", 5, 0) == Status::kOk);
  CHECK_EQ(f.value("deliveries_total"), "2");
  CHECK_EQ(f.value("replayed_total"), "2");
  f.hub.leave(late, 0);
}

TEST(recoveries_are_full_or_failed) {
  Fixture f;
  f.publish("room", "1");
  std::string epoch = f.hub.find("room")->epoch();
  auto peer = std::make_unique<SessionPeer>(f.hub, f.sessions, f.options);
  peer->session.receive(R"({"id":1,"connect":{}})", 0);
  auto come_back = [&](const std::string& of) {
    peer->session.receive(R"({"id":2,"subscribe":{"channel":"room","recover":true,"offset":0,"epoch":")" + of + "\"}}",
                          0);
    peer->session.receive(R"({"id":3,"unsubscribe":{"channel":"room"}})", 0);
  };
  come_back(epoch);
  for (int i = 0; i < 2; ++i) come_back("other");
  CHECK_EQ(f.value("recoveries_total{result=\"full\"}"), "1");
  CHECK_EQ(f.value("recoveries_total{result=\"failed\"}"), "2");
}

TEST(the_lag_of_a_blocked_reader_is_a_metric) {
  Fixture f;
  Texter slow;
  CHECK(lws_chat::join(f.hub, slow, "room", 0, 0) == Status::kOk);
  slow.hungry = false;
  f.publish("room", std::string(500, 'x'));
  CHECK_EQ(f.value("reader_lag_bytes_count"), "1");
  CHECK_EQ(f.value("reader_lag_bytes_bucket{le=\"1024\"}"), "1");
  f.publish("room", std::string(600, 'x'));
  CHECK(slow.why == Status::kSlow);
  CHECK_EQ(f.value("reader_lag_bytes_bucket{le=\"1024\"}"), "1");
  CHECK_EQ(f.value("reader_lag_bytes_bucket{le=\"8192\"}"), "2");
  CHECK_EQ(f.value("reader_lag_bytes_bucket{le=\"+Inf\"}"), "2");
  CHECK_EQ(f.value("reader_lag_bytes_count"), "2");
}

TEST(buckets_of_a_histogram_add_up) {
  Fixture f;
  for (double seconds : {0.00005, 0.0003, 0.0003, 2.0}) f.hub.counters().flush_seconds.observe(seconds);
  CHECK_EQ(f.value("flush_seconds_bucket{le=\"0.0001\"}"), "1");
  CHECK_EQ(f.value("flush_seconds_bucket{le=\"0.0005\"}"), "3");
  CHECK_EQ(f.value("flush_seconds_bucket{le=\"0.5\"}"), "3");
  CHECK_EQ(f.value("flush_seconds_bucket{le=\"+Inf\"}"), "4");
  CHECK_EQ(f.value("flush_seconds_count"), "4");
  CHECK_EQ(f.value("flush_seconds_sum"), "2.00065");
}

TEST(every_cause_of_refusals_and_closes_has_a_sample_from_the_start) {
  Fixture f;
  for (unsigned i = 1; i < kStatusCount; ++i) {
    auto status = static_cast<Status>(i);
    const StatusRow& row = describe(status);
    std::string cause = "{cause=\"" + std::string(row.cause) + "\"}";
    CHECK_EQ(f.value("refused_total" + cause), row.http_status ? "0" : "none");
    CHECK_EQ(f.value("closed_total" + cause), closes(status) ? "0" : "none");
  }
  CHECK_EQ(f.value("closed_total{cause=\"no_pong\"}"), "0");
  CHECK_EQ(f.value("closed_total{cause=\"unsubscribed\"}"), "none");
}

TEST(refusals_and_closes_are_counted_by_cause) {
  Fixture f;
  f.hub.counters().of(Status::kSlow) = 3;
  f.hub.counters().refused_by(Status::kFull) = 2;
  CHECK_EQ(f.value("closed_total{cause=\"slow\"}"), "3");
  CHECK_EQ(f.value("refused_total{cause=\"full\"}"), "2");
}

TEST(api_calls_are_counted_by_method_and_status) {
  Fixture f;
  CHECK(f.text().find("lws_chat_api_calls_total{") == std::string::npos);
  f.calls[{"publish", 200}] = 7;
  f.calls[{"publish", 400}] = 1;
  f.calls[{"unknown", 404}] = 2;
  CHECK_EQ(f.value("api_calls_total{method=\"publish\",status=\"200\"}"), "7");
  CHECK_EQ(f.value("api_calls_total{method=\"publish\",status=\"400\"}"), "1");
  CHECK_EQ(f.value("api_calls_total{method=\"unknown\",status=\"404\"}"), "2");
}

TEST(questions_to_back_ends_are_counted_for_each_hook_that_has_a_url) {
  Fixture f;
  CHECK(f.text().find("lws_chat_hook_") == std::string::npos);
  HookCounters& connect = f.doors.hooks[HookKind::kConnect];
  for (unsigned i = 0; i < kHookOutcomeCount; ++i) connect.outcomes[i] = i + 1;
  for (double seconds : {0.002, 0.002, 3.0}) connect.seconds.observe(seconds);
  f.doors.hooks[HookKind::kSubRefresh] = {};
  f.doors.hooks_waiting = 7;
  for (auto [outcome, count] : {std::pair("ok", "1"),
                                {"error", "2"},
                                {"disconnect", "3"},
                                {"failed", "4"},
                                {"timeout", "5"},
                                {"refused", "6"}}) {
    std::string name = outcome;
    CHECK_EQ(f.value("hook_calls_total{hook=\"connect\",outcome=\"" + name + "\"}"), count);
    CHECK_EQ(f.value("hook_calls_total{hook=\"sub_refresh\",outcome=\"" + name + "\"}"), "0");
    CHECK_EQ(f.value("hook_calls_total{hook=\"rpc\",outcome=\"" + name + "\"}"), "none");
  }
  CHECK_EQ(f.value("hook_seconds_bucket{hook=\"connect\",le=\"0.001\"}"), "0");
  CHECK_EQ(f.value("hook_seconds_bucket{hook=\"connect\",le=\"0.0025\"}"), "2");
  CHECK_EQ(f.value("hook_seconds_bucket{hook=\"connect\",le=\"+Inf\"}"), "3");
  CHECK_EQ(f.value("hook_seconds_sum{hook=\"connect\"}"), "3.004");
  CHECK_EQ(f.value("hook_seconds_count{hook=\"connect\"}"), "3");
  CHECK_EQ(f.value("hook_seconds_count{hook=\"sub_refresh\"}"), "0");
  CHECK_EQ(f.value("hook_waiting"), "7");
}

TEST(counters_of_several_vhosts_add_up) {
  HookCounters sum;
  HookCounters one;
  one.outcomes[static_cast<unsigned>(HookOutcome::kTimeout)] = 2;
  one.seconds.observe(0.5);
  one.seconds.observe(9);
  for (int i = 0; i < 2; ++i) sum.add(one);
  CHECK_EQ(sum.of(HookOutcome::kTimeout), 4u);
  CHECK_EQ(sum.of(HookOutcome::kOk), 0u);
  CHECK_EQ(sum.seconds.sum(), 19.0);
  CHECK_EQ(sum.seconds.counts().back(), 2u);
}

TEST(tokens_and_revocations_are_counted) {
  Fixture f;
  CHECK_EQ(f.value("revocations"), "0");
  CHECK(f.text().find("token_checks") == std::string::npos);
  f.doors.revocations = 3;
  f.doors.tokens = {{4, 5, 6, 7}};
  CHECK_EQ(f.value("revocations"), "3");
  CHECK_EQ(f.value("token_checks_total{verdict=\"valid\"}"), "4");
  CHECK_EQ(f.value("token_checks_total{verdict=\"expired\"}"), "5");
  CHECK_EQ(f.value("token_checks_total{verdict=\"invalid\"}"), "6");
  CHECK_EQ(f.value("token_checks_total{verdict=\"unknown_key\"}"), "7");
}

TEST(fetches_of_a_key_set_and_its_age_are_metrics_where_it_has_a_url) {
  Fixture f;
  CHECK(f.text().find("key_set") == std::string::npos);
  f.doors.key_set = {2, 1, 90 * kSecond + 500'000};
  CHECK_EQ(f.value("key_set_fetches_total{outcome=\"ok\"}"), "2");
  CHECK_EQ(f.value("key_set_fetches_total{outcome=\"failed\"}"), "1");
  CHECK_EQ(f.value("key_set_age_seconds"), "90.5");
}

TEST(certificates_have_samples_with_vhost_and_port) {
  Fixture f;
  CHECK(f.text().find("certificate") == std::string::npos);
  f.certificates[{"example.org", 443}] = 1800000000;
  f.certificates[{"example.org", 8443}] = 1900000000;
  CHECK_EQ(f.value("certificate_expiry_timestamp_seconds{vhost=\"example.org\",port=\"443\"}"), "1800000000");
  CHECK_EQ(f.value("certificate_expiry_timestamp_seconds{vhost=\"example.org\",port=\"8443\"}"), "1900000000");
}

TEST(storage_has_metrics_where_it_is_on) {
  Fixture f;
  CHECK(f.text().find("storage") == std::string::npos);
  f.storage.emplace();
  CHECK_EQ(f.value("storage_failing"), "0");
  f.storage->failing = true;
  f.storage->messages = 7;
  f.storage->trimmed = 5;
  f.storage->evicted = 2;
  f.storage->commit_seconds.observe(0.002);
  CHECK_EQ(f.value("storage_failing"), "1");
  CHECK_EQ(f.value("storage_messages_total"), "7");
  CHECK_EQ(f.value("storage_removed_total{cause=\"expired\"}"), "3");
  CHECK_EQ(f.value("storage_removed_total{cause=\"evicted\"}"), "2");
  CHECK_EQ(f.value("storage_commit_seconds_bucket{le=\"0.001\"}"), "0");
  CHECK_EQ(f.value("storage_commit_seconds_bucket{le=\"0.0025\"}"), "1");
}

TEST(labels_are_escaped) {
  Fixture f;
  f.certificates[{"a\"b\\c\nd", 1}] = 1;
  CHECK_EQ(f.value(R"(certificate_expiry_timestamp_seconds{vhost="a\"b\\c\nd",port="1"})"), "1");
}
