#include "hooks/http_caller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "support/call_loop.h"
#include "support/config_dir.h"
#include "support/small_server.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::CallLoop;
using unit::SmallServer;

namespace {

constexpr Time kLong = 60'000'000;  // microseconds: longer than any test
constexpr Time kShort = 200'000;

// Answers every request with its body.
void echo(int connection) {
  for (std::string request; !(request = unit::read_request(connection)).empty();)
    unit::reply(connection, request.substr(request.find("\r\n\r\n") + 4));
}

void hang(int connection) {
  while (!unit::read_request(connection).empty()) {
  }
}

HttpCall to(const std::string& url, const std::string& body = "", Time timeout = kLong) {
  HttpCall call;
  call.url = url;
  call.body = body;
  call.timeout = timeout;
  return call;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Seconds that it takes to destroy a caller with a call under way.
double seconds_to_end(const std::string& url) {
  auto loop = std::make_unique<CallLoop>();
  loop->caller.call(to(url)).then([](const HttpReply&) { std::abort(); });
  HttpReply other = loop->reply_to(to("http://127.0.0.1:1/", "", kLong));  // the thread is running
  CHECK(other.failure == HttpFailure::kFailed);
  auto before = std::chrono::steady_clock::now();
  loop.reset();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

}  // namespace

TEST(a_reply_comes_with_status_and_body) {
  std::string seen;
  SmallServer server([&](int connection) {
    seen = unit::read_request(connection);
    unit::reply(connection, "no", "404 Not Found");
  });
  CallLoop loop;
  HttpCall call = to(server.url("/a/b?c=d"), "{\"e\":1}");
  call.headers = {"Content-Type: application/json", "X-One: two"};
  HttpReply reply = loop.reply_to(std::move(call));
  CHECK_EQ(reply.problem, "");
  CHECK(reply.failure == HttpFailure::kNone);
  CHECK_EQ(reply.status, 404);
  CHECK_EQ(reply.body, "no");
  CHECK(reply.took > 0);
  CHECK_EQ(seen.substr(0, seen.find('\r')), "POST /a/b?c=d HTTP/1.1");
  CHECK(has(seen, "\r\nContent-Type: application/json\r\n") && has(seen, "\r\nX-One: two\r\n"));
  CHECK(!has(seen, "Expect") && !has(seen, "x-www-form") && !has(seen, "Accept-Encoding"));
  CHECK_EQ(seen.substr(seen.find("\r\n\r\n") + 4), "{\"e\":1}");
}

TEST(without_a_body_it_is_a_get) {
  std::string seen;
  SmallServer server([&](int connection) {
    seen = unit::read_request(connection);
    unit::reply(connection, "keys");
  });
  CallLoop loop;
  CHECK_EQ(loop.reply_to(to(server.url("/keys"))).body, "keys");
  CHECK_EQ(seen.substr(0, seen.find('\r')), "GET /keys HTTP/1.1");
}

TEST(calls_that_follow_one_another_share_a_connection) {
  SmallServer server(echo);
  CallLoop loop;
  for (int i = 0; i < 50; ++i) CHECK_EQ(loop.reply_to(to(server.url(), std::to_string(i))).body, std::to_string(i));
  CHECK_EQ(server.connections(), 1u);
}

TEST(ten_thousand_calls_get_their_replies_over_64_connections) {
  SmallServer server(echo);
  CallLoop loop;
  constexpr size_t kCalls = 10000;
  size_t asked = 0;
  size_t right = 0;
  std::function<void()> ask = [&] {
    while (asked < kCalls && loop.caller.waiting() < 1024) {
      std::string body = std::to_string(asked++);
      loop.caller.call(to(server.url(), body)).then([&, body](const HttpReply& reply) { right += reply.body == body; });
    }
  };
  for (ask(); loop.caller.waiting() > 0; ask()) loop.turn();
  CHECK_EQ(right, kCalls);
  CHECK(server.connections() <= 64);
}

TEST(calls_above_the_bound_are_refused_at_once) {
  SmallServer server(hang);
  HttpCaller::Settings settings;
  settings.most_waiting = 3;
  CallLoop loop(settings);
  for (int i = 0; i < 3; ++i) CHECK(!loop.caller.call(to(server.url())).ready());
  Deferred<HttpReply> refused = loop.caller.call(to(server.url()));
  CHECK(refused.ready());
  CHECK(refused.value().failure == HttpFailure::kTooMany);
  CHECK_EQ(refused.value().problem, "3 calls wait for a reply already");
}

TEST(the_bodies_of_calls_that_wait_have_a_bound) {
  SmallServer server([](int connection) {
    for (std::string request; !(request = unit::read_request(connection)).empty();)
      if (!has(request, "POST /hang")) unit::reply(connection, "");
  });
  HttpCaller::Settings settings;
  settings.most_bytes_waiting = 100;
  CallLoop loop(settings);
  CHECK_EQ(loop.reply_to(to(server.url(), std::string(200, 'x'))).problem, "");  // the only one
  CHECK(!loop.caller.call(to(server.url("/hang"), std::string(60, 'x'))).ready());
  for (int i = 0; i < 5; ++i) CHECK_EQ(loop.reply_to(to(server.url(), std::string(40, 'x'))).problem, "");
  Deferred<HttpReply> refused = loop.caller.call(to(server.url(), std::string(41, 'x')));
  CHECK(refused.ready() && refused.value().failure == HttpFailure::kTooMany);
  CHECK_EQ(refused.value().problem, "calls with 60 bytes wait already");
}

TEST(the_time_limit_covers_every_way_to_be_slow) {
  int port = 0;
  int listening = unit::bound_socket(port);
  CHECK_EQ(listen(listening, 16), 0);  // and never accepts
  SmallServer hanging(hang);
  SmallServer dripping([](int connection) {
    std::string request = unit::read_request(connection);
    unit::write_all(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (send(connection, "x", 1, MSG_NOSIGNAL) == 1) usleep(1000);
  });
  CallLoop loop;
  for (const std::string& url : {"http://127.0.0.1:" + std::to_string(port) + "/", hanging.url(), dripping.url()}) {
    HttpReply reply = loop.reply_to(to(url, "", kShort));
    CHECK(reply.failure == HttpFailure::kTimeout);
    CHECK_EQ(reply.problem, "took longer than 200 ms");
    CHECK_EQ(reply.status, 0);
    CHECK_EQ(reply.body, "");
    CHECK(reply.took > kShort * 9 / 10);
  }
  close(listening);
}

TEST(the_time_limit_covers_the_wait_for_a_connection) {
  SmallServer server(hang);
  HttpCaller::Settings settings;
  settings.most_connections = 1;
  CallLoop loop(settings);
  size_t late = 0;
  for (int i = 0; i < 20; ++i)
    loop.caller.call(to(server.url(), "", kShort)).then([&](const HttpReply& reply) {
      late += reply.failure == HttpFailure::kTimeout;
    });
  while (loop.caller.waiting() > 0) loop.turn();
  CHECK_EQ(late, 20u);
  CHECK_EQ(server.connections(), 1u);
}

TEST(a_slow_server_does_not_delay_the_others) {
  SmallServer slow(hang);
  SmallServer quick(echo);
  CallLoop loop;
  for (int i = 0; i < 200; ++i) loop.caller.call(to(slow.url())).then([](const HttpReply&) {});
  for (int i = 0; i < 100; ++i) CHECK_EQ(loop.reply_to(to(quick.url(), "x")).body, "x");
  CHECK_EQ(loop.caller.waiting(), 200u);
}

TEST(a_server_that_refuses_or_fails_is_described) {
  int port = 0;
  int closed = unit::bound_socket(port);
  SmallServer resetting([](int connection) {
    std::string request = unit::read_request(connection);
    linger now{1, 0};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  });
  SmallServer silent([](int connection) { unit::read_request(connection); });
  SmallServer cut([](int connection) {
    unit::read_request(connection);
    unit::write_all(connection, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123");
  });
  SmallServer foreign([](int connection) {
    unit::read_request(connection);
    unit::write_all(connection, "220 mail.example ESMTP\r\n");
  });
  struct {
    std::string url;
    std::string problem;
  } cases[] = {
      {"http://127.0.0.1:" + std::to_string(port) + "/", "cannot connect: Connection refused"},
      {"http://nowhere.invalid/", "the name of the server is not known"},
      {resetting.url(), "Recv failure: Connection reset by peer"},
      {silent.url(), "the server closed the connection without a reply"},
      {cut.url(), "the server closed the connection within the reply"},
      {foreign.url(), "the reply is not HTTP/1.1, or the URL is not http, https or unix"},
      {"ftp://127.0.0.1/", "the reply is not HTTP/1.1, or the URL is not http, https or unix"},
      {"file:///etc/hostname", "the reply is not HTTP/1.1, or the URL is not http, https or unix"},
  };
  CallLoop loop;
  for (const auto& one : cases) {
    HttpReply reply = loop.reply_to(to(one.url));
    CHECK_EQ(reply.problem, one.problem);
    CHECK(reply.failure == HttpFailure::kFailed);
    CHECK_EQ(reply.status, 0);
  }
  close(closed);
}

TEST(a_reply_above_the_bound_is_none) {
  SmallServer server([](int connection) {
    std::string request;
    while (!(request = unit::read_request(connection)).empty()) {
      if (has(request, "/body"))
        unit::reply(connection, std::string(1001, 'x'));
      else if (has(request, "/whole"))
        unit::reply(connection, std::string(1000, 'x'));
      else
        unit::write_all(
            connection, "HTTP/1.1 200 OK\r\n" + [] {
              std::string headers;
              for (int i = 0; i < 1000; ++i) headers += "X: " + std::string(100, 'y') + "\r\n";
              return headers;
            }());
    }
  });
  CallLoop loop;
  auto problem_with = [&](const std::string& path) {
    HttpCall call = to(server.url(path));
    call.most_bytes = 1000;
    return loop.reply_to(std::move(call)).problem;
  };
  CHECK_EQ(problem_with("/whole"), "");
  CHECK_EQ(problem_with("/body"), "the reply is larger than 1000 bytes");
  CHECK_EQ(problem_with("/headers"), "the headers of the reply are larger than 65536 bytes");
}

TEST(a_redirect_is_not_followed) {
  SmallServer server([](int connection) {
    unit::read_request(connection);
    unit::write_all(connection, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  CallLoop loop;
  CHECK_EQ(loop.reply_to(to(server.url())).status, 302);
}

TEST(a_proxy_of_the_environment_is_not_used) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("all_proxy", "http://127.0.0.1:1", 1);
  SmallServer server(echo);
  CallLoop loop;
  CHECK_EQ(loop.reply_to(to(server.url(), "direct")).body, "direct");
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}

TEST(a_connection_that_the_server_has_closed_is_replaced) {
  std::atomic<int> closed{0};
  SmallServer server([&](int connection) {
    unit::read_request(connection);
    unit::reply(connection, "once");
    shutdown(connection, SHUT_WR);
    ++closed;
  });
  CallLoop loop;
  for (int i = 0; i < 5; ++i) {
    CHECK_EQ(loop.reply_to(to(server.url(), "x")).body, "once");
    while (closed <= i) std::this_thread::yield();
  }
  CHECK_EQ(server.connections(), 5u);
}

TEST(a_unix_socket_is_called) {
  unit::TempDir dir;
  SmallServer server(echo, dir.path("socket"));
  CallLoop loop;
  CHECK_EQ(loop.reply_to(to("unix:" + dir.path("socket") + ":/hook", "hello")).body, "hello");
  CHECK(has(loop.reply_to(to("unix:" + dir.path("none") + ":/hook", "hello")).problem, "No such file"));
}

TEST(a_header_with_a_line_break_is_refused) {
  CallLoop loop;
  HttpCall call = to("http://127.0.0.1:1/");
  call.headers = {"X: 1\r\nY: 2"};
  CHECK_EQ(loop.reply_to(std::move(call)).problem, "a header with a line break");
}

TEST(a_caller_ends_at_once_although_a_server_hangs) {
  SmallServer server(hang);
  CHECK(seconds_to_end(server.url()) < 5);  // the call would take 60
}
