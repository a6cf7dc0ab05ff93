// A name server that does not answer. The test makes a network of its own for it; http_caller_test has the rest.
#include "hooks/http_worker.h"

#include <sys/socket.h>

#include <fstream>

#include "support/call_loop.h"
#include "support/lonely_network.h"
#include "support/small_server.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kShort = 300'000;  // microseconds; a lookup takes 10 s and more

size_t threads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, 8, "Threads:") == 0) return std::stoul(line.substr(8));
  return 0;
}

HttpCall to(const std::string& url, Time timeout) {
  HttpCall call;
  call.url = url;
  call.timeout = timeout;
  return call;
}

void answer_hello(int connection) {
  while (!unit::read_request(connection).empty()) unit::reply(connection, "hello");
}

void call_without_names(unit::TempDir& dir) {
  int name_server = unit::silent_name_server();
  unit::SmallServer server(answer_hello);
  auto loop = std::make_unique<unit::CallLoop>();
  std::string unknown = "http://back-end.example:" + std::to_string(server.port()) + "/";

  // Calls of names end in time, and calls of addresses do not wait for them.
  size_t late = 0;
  for (int i = 0; i < 500; ++i)
    loop->caller.call(to(unknown, kShort)).then([&](const HttpReply& reply) {
      late += reply.failure == HttpFailure::kTimeout && reply.took < 10 * kShort;
    });
  CHECK_EQ(loop->reply_to(to(server.url(), 60'000'000)).body, "hello");
  while (loop->caller.waiting() > 0) loop->turn();
  CHECK_EQ(late, 500u);
  char query[512];
  CHECK(recv(name_server, query, sizeof query, MSG_DONTWAIT) > 0);

  // Lookups that were given up still hold their threads, so there are few of them.
  for (int i = 0; i < 3; ++i) {
    for (int call = 0; call < 100; ++call) loop->caller.call(to(unknown, kShort)).then([](const HttpReply&) {});
    while (loop->caller.waiting() > 0) loop->turn();
  }
  CHECK(threads() < 64 + 16);

  // The destructor does not wait for the name server.
  loop->caller.call(to(unknown, 60'000'000)).then([](const HttpReply&) { std::abort(); });
  CHECK_EQ(loop->reply_to(to(server.url(), 60'000'000)).body, "hello");
  auto before = std::chrono::steady_clock::now();
  loop = nullptr;
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(4));

  // When the name is known, all is as before.
  dir.write("hosts", "127.0.0.1 back-end.example\n");
  unit::CallLoop again;
  CHECK_EQ(again.reply_to(to(unknown, 60'000'000)).body, "hello");
}

}  // namespace

TEST(a_dead_name_server_stops_neither_other_calls_nor_the_end) { unit::in_lonely_network(call_without_names); }
