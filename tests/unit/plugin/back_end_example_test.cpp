// Runs conf/examples/back-end.py, and asks it as the server does.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hooks/back_end_hooks.h"
#include "support/call_loop.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// The program, from its first line to the end of the test.
class Example {
 public:
  Example() {
    int ends[2];
    CHECK_EQ(pipe(ends), 0);
    process_ = fork();
    CHECK(process_ >= 0);
    if (process_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execl(LWS_CHAT_PYTHON, LWS_CHAT_PYTHON, LWS_CHAT_EXAMPLE, "0", nullptr);
      _exit(127);
    }
    close(ends[1]);
    for (char c; read(ends[0], &c, 1) == 1 && c != '\n';) url_ += c;
    close(ends[0]);
  }
  ~Example() {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
  }
  Example(const Example&) = delete;
  Example& operator=(const Example&) = delete;

  HookSettings settings() const {
    HookSettings settings;
    for (unsigned kind = 0; kind < kHookKindCount; ++kind)
      settings.urls[kind] = url_ + "/" + std::string(name_of(static_cast<HookKind>(kind)));
    settings.timeout = 60'000'000;
    settings.forwarded_headers = {"cookie"};
    return settings;
  }

 private:
  pid_t process_ = 0;
  std::string url_;
};

struct Asking {
  Example example{};
  unit::Wakeup wakeup{};
  BackEndHooks hooks{example.settings(), [this] { wakeup.wake(); }, [](const std::string&) {}};

  template <typename Result>
  HookReply<Result> wait(Deferred<HookReply<Result>> answer) {
    HookReply<Result> reply = unit::wait_for(std::move(answer), wakeup, hooks);
    CHECK_EQ(reply.problem, "");
    return reply;
  }
};

HookClient client_of(const char* user) {
  HookClient client;
  client.client = "c1";
  client.user = user;
  return client;
}

}  // namespace

TEST(a_client_with_the_cookie_of_a_session_is_connected) {
  Asking a;
  HookHeaders headers{{"cookie", "theme=dark; session=anns-session"}};
  HookClient client = client_of("");
  client.headers = &headers;
  HookReply<ConnectResult> reply = a.wait(a.hooks.connect({client, {}, {}, {}, nullptr}));
  CHECK(reply.given);
  CHECK_EQ(reply.result.user, "ann");
  CHECK_EQ(reply.result.info, "{\"name\": \"Ann\"}");
  CHECK_EQ(reply.result.subscriptions.size(), 1u);
  CHECK_EQ(reply.result.subscriptions[0].room, "of-ann");
  CHECK(reply.result.expires_at > 1'700'000'000);
  headers[0].second = "session=stolen";
  CHECK_EQ(a.wait(a.hooks.connect({client, {}, {}, {}, nullptr})).denial->code, 4501u);
  CHECK_EQ(a.wait(a.hooks.connect({client_of(""), {}, {}, {}, nullptr})).denial->message, "sign in first");
}

TEST(a_connection_is_prolonged_while_there_is_a_session) {
  Asking a;
  CHECK(a.wait(a.hooks.refresh({client_of("ann")})).result.expires_at > 1'700'000'000);
  CHECK(a.wait(a.hooks.refresh({client_of("eve")})).result.expired);
}

TEST(rooms_of_the_team_are_for_the_team) {
  Asking a;
  CHECK(a.wait(a.hooks.subscribe({client_of("ann"), "team-red", {}, {}})).given);
  CHECK(a.wait(a.hooks.subscribe({client_of("bob"), "lobby", {}, {}})).given);
  CHECK_EQ(a.wait(a.hooks.subscribe({client_of("bob"), "team-red", {}, {}})).denial->code, 403u);
  CHECK(!a.wait(a.hooks.sub_refresh({client_of("ann"), "team-red"})).result.expired);
  CHECK(a.wait(a.hooks.sub_refresh({client_of("bob"), "team-red"})).result.expired);
}

TEST(nobody_publishes_in_a_room_of_others) {
  Asking a;
  for (const char* room : {"team-red", "of-ann"}) {
    CHECK_EQ(a.wait(a.hooks.publish({client_of("bob"), room, R"({"text":"hi"})"})).denial->code, 403u);
    CHECK_EQ(a.wait(a.hooks.subscribe({client_of("bob"), room, {}, {}})).denial->code, 403u);
    CHECK(a.wait(a.hooks.publish({client_of("ann"), room, R"({"text":"hi"})"})).given);
  }
}

TEST(messages_are_changed_or_refused) {
  Asking a;
  CHECK_EQ(a.wait(a.hooks.publish({client_of("ann"), "lobby", R"({"text":" hi "})"})).result.data, R"({"text": "hi"})");
  for (const char* wrong : {"{}", "[]", "\"hi\"", R"({"text":5})", R"({"text":null})", ""})
    CHECK_EQ(a.wait(a.hooks.publish({client_of("ann"), "lobby", wrong})).denial->code, 400u);
}

TEST(a_method_is_called) {
  Asking a;
  CHECK_EQ(a.wait(a.hooks.rpc({client_of("ann"), "time", {}})).result.data.substr(0, 12), "{\"seconds\": ");
  CHECK_EQ(a.wait(a.hooks.rpc({client_of("ann"), "other", {}})).denial->code, 404u);
}
