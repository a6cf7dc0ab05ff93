#include "hooks/back_end_hooks.h"

#include <sys/stat.h>

#include <optional>

#include "support/call_loop.h"
#include "support/config_dir.h"
#include "support/small_server.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// A back end that gives the same answer to everything, and what asks it.
struct Site {
  std::string body = "{\"result\":{}}";
  std::string status = "200 OK";
  std::string seen{};  // the last request
  std::vector<std::string> log{};
  unit::Wakeup wakeup{};
  unit::SmallServer server{[this](int connection) {
    for (std::string request; !(request = unit::read_request(connection)).empty();) {
      seen = request;
      unit::reply(connection, body, status);
    }
  }};
  HookSettings settings = asking_for(server.url("/hook?key=secret"));
  std::optional<BackEndHooks> hooks{};

  static HookSettings asking_for(const std::string& url) {
    HookSettings settings;
    settings.urls.fill(url);
    settings.timeout = 60'000'000;
    return settings;
  }

  BackEndHooks& begin() {
    return hooks.emplace(
        settings, [this] { wakeup.wake(); }, [this](const std::string& line) { log.push_back(line); });
  }

  template <typename Result>
  HookReply<Result> wait(Deferred<HookReply<Result>> answer) {
    return unit::wait_for(std::move(answer), wakeup, *hooks);
  }

  HookReply<RpcResult> ask(const HookHeaders* headers = nullptr, const HookHeaders* emulated = nullptr) {
    HookClient client;
    client.client = "c1";
    client.headers = headers;
    client.emulated = emulated;
    return wait(hooks->rpc({client, "sum", "[1]"}));
  }
};

void write_secret(const unit::TempDir& dir, const std::string& text) {
  dir.write("headers", text);
  CHECK_EQ(chmod(dir.path("headers").c_str(), 0600), 0);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(each_kind_of_question_gets_its_answer) {
  Site site;
  BackEndHooks& hooks = site.begin();
  HookClient client;
  client.client = "c1";
  site.body = R"({"result":{"user":"ann","expire_at":9,"expired":true,"data":[3],"info":4}})";
  CHECK_EQ(site.wait(hooks.connect({client, {}, {}, {}, nullptr})).result.user, "ann");
  CHECK(site.wait(hooks.refresh({client})).result.expired);
  CHECK_EQ(site.wait(hooks.subscribe({client, "r", {}, {}})).result.info, "4");
  CHECK_EQ(site.wait(hooks.publish({client, "r", "1"})).result.data, "[3]");
  CHECK_EQ(site.wait(hooks.sub_refresh({client, "r"})).result.expires_at, 9);
  CHECK_EQ(site.wait(hooks.rpc({client, "sum", "[1]"})).result.data, "[3]");
  CHECK(has(site.seen, "POST /hook?key=secret HTTP/1.1\r\n") &&
        has(site.seen, "\r\nContent-Type: application/json\r\n"));
  CHECK(has(site.seen, R"("method":"sum","data":[1]})"));
  for (unsigned kind = 0; kind < kHookKindCount; ++kind)
    CHECK_EQ(hooks.counters(static_cast<HookKind>(kind)).of(HookOutcome::kOk), 1u);
  CHECK_EQ(site.server.connections(), 1u);
  CHECK(site.log.empty());
}

TEST(only_listed_headers_are_forwarded) {
  Site site;
  unit::TempDir dir;
  write_secret(dir, "Authorization: Bearer ours\nX-Site: one\n");
  site.settings.headers_file = dir.path("headers");
  site.settings.forwarded_headers = {"cookie", "x-site", "x-bad", "x-empty"};
  CHECK_EQ(site.begin().load(), "");
  HookHeaders headers{{"cookie", "a=b"}, {"authorization", "Bearer theirs"}, {"x-site", "two"},
                      {"x-other", "no"}, {"x-bad", "1\r\nX-Evil: 2"},        {"x-empty", ""}};
  site.ask(&headers);
  CHECK(has(site.seen, "\r\ncookie: a=b\r\n"));
  CHECK(has(site.seen, "\r\nauthorization: Bearer ours\r\n"));
  CHECK(has(site.seen, "\r\nx-site: two\r\n") && !has(site.seen, "x-site: one"));
  CHECK(has(site.seen, "\r\nx-empty:\r\n") || has(site.seen, "\r\nx-empty: \r\n"));
  CHECK(!has(site.seen, "theirs") && !has(site.seen, "x-other") && !has(site.seen, "X-Evil"));
}

TEST(a_header_of_the_request_takes_the_place_of_one_in_connect_and_that_of_a_static_one) {
  Site site;
  unit::TempDir dir;
  write_secret(dir, "X-A: static\nX-B: static\nX-C: static\n");
  site.settings.headers_file = dir.path("headers");
  site.settings.forwarded_headers = {"x-a", "x-d"};
  site.settings.emulated_headers = {"x-a", "x-b"};
  CHECK_EQ(site.begin().load(), "");
  HookHeaders headers{{"x-a", "request"}};
  HookHeaders emulated{{"x-a", "connect"}, {"x-b", "connect"}, {"x-c", "connect"}, {"x-d", "connect"}};
  site.ask(&headers, &emulated);
  CHECK(has(site.seen, "\r\nx-a: request\r\n"));
  CHECK(has(site.seen, "\r\nx-b: connect\r\n"));
  CHECK(has(site.seen, "\r\nx-c: static\r\n"));
  CHECK(!has(site.seen, "x-d"));
}

TEST(headers_are_loaded_again_and_a_bad_file_changes_nothing) {
  Site site;
  unit::TempDir dir;
  site.settings.headers_file = dir.path("headers");
  CHECK_EQ(site.begin().load(),
           "hook-headers-file " + site.settings.headers_file + ": missing, create it or correct the path");
  write_secret(dir, "X-Key: one");
  CHECK_EQ(site.hooks->load(), "");
  write_secret(dir, "nonsense");
  CHECK_EQ(site.hooks->load(), "hook-headers-file " + site.settings.headers_file +
                                   ": line 1: no colon, expected a line like \"Authorization: Bearer SECRET\"");
  site.ask();
  CHECK(has(site.seen, "\r\nx-key: one\r\n"));
}

TEST(statuses_count_as_the_rules_say) {
  Site site;
  CHECK_EQ(read_hook_statuses("401:disconnect:4501:sign in", site.settings.statuses), "");
  BackEndHooks& hooks = site.begin();
  site.status = "401 Unauthorized";
  HookReply<RpcResult> denied = site.ask();
  CHECK(denied.denial && denied.denial->disconnects);
  CHECK_EQ(denied.denial->code, 4501u);
  CHECK_EQ(denied.denial->message, "sign in");
  for (const char* status : {"500 Broken", "201 Created", "204 Empty", "302 Elsewhere"}) {
    site.status = status;
    site.body = std::string(status) == "204 Empty" ? "" : "{\"result\":{}}";
    HookReply<RpcResult> failed = site.ask();
    CHECK_EQ(failed.problem, "the back end answered " + std::string(status).substr(0, 3));
    CHECK(!failed.allowed());
  }
  CHECK_EQ(hooks.counters(HookKind::kRpc).of(HookOutcome::kDisconnect), 1u);
  CHECK_EQ(hooks.counters(HookKind::kRpc).of(HookOutcome::kFailed), 4u);
}

TEST(every_outcome_is_counted) {
  Site site;
  BackEndHooks& hooks = site.begin();
  auto outcome = [&](HookOutcome which) { return hooks.counters(HookKind::kRpc).of(which); };
  site.ask();
  site.body = "{\"error\":{\"code\":403}}";
  CHECK_EQ(site.ask().denial->code, 403u);
  site.body = "oops";
  CHECK_EQ(site.ask().problem, "not a JSON object");
  CHECK_EQ(outcome(HookOutcome::kOk), 1u);
  CHECK_EQ(outcome(HookOutcome::kError), 1u);
  CHECK_EQ(outcome(HookOutcome::kFailed), 1u);
  uint64_t seconds = 0;
  for (uint64_t count : hooks.counters(HookKind::kRpc).seconds.counts()) seconds += count;
  CHECK_EQ(seconds, 3u);
}

TEST(a_back_end_that_hangs_is_given_up_and_described_once_a_second) {
  Site site;
  unit::SmallServer hanging([](int connection) {
    while (!unit::read_request(connection).empty()) {
    }
  });
  site.settings = Site::asking_for(hanging.url("/hook?key=secret"));
  site.settings.timeout = 100'000;
  BackEndHooks& hooks = site.begin();
  size_t answers = 0;
  HookClient client;
  for (int i = 0; i < 1100; ++i)
    hooks.rpc({client, "m", {}}).then([&](const HookReply<RpcResult>& reply) { answers += !reply.problem.empty(); });
  CHECK_EQ(hooks.waiting(), 1024u);
  CHECK_EQ(answers, 76u);  // refused at once
  while (hooks.waiting() > 0) {
    site.wakeup.sleep();
    hooks.deliver();
  }
  CHECK_EQ(answers, 1100u);
  CHECK_EQ(hooks.counters(HookKind::kRpc).of(HookOutcome::kRefused), 76u);
  CHECK_EQ(hooks.counters(HookKind::kRpc).of(HookOutcome::kTimeout), 1024u);
  // A line a second; the whole takes a fraction of it, or little more.
  CHECK(!site.log.empty() && site.log.size() < 20);
  CHECK_EQ(site.log[0], "back end: rpc at " + hanging.url("/hook") + ": 1024 calls wait for a reply already");
}
