#include "redis/tls.h"

#include "support/free_port.h"
#include "support/link_fixture.h"
#include "support/redis_process.h"
#include "support/test_certificate.h"

using namespace lws_chat;
using unit::LinkFixture;
using unit::RedisProcess;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A server with a certificate for localhost, and ports with and without TLS.
struct TlsServer {
  TlsServer() {
    unit::TestCertificate certificate;
    certificate.write_certificate(folder.path("certificate"));
    certificate.write_key(folder.path("key"));
    redis = std::make_unique<RedisProcess>("port " + std::to_string(plain) + "\ntls-port " + std::to_string(secure) +
                                           "\ntls-cert-file " + folder.path("certificate") + "\ntls-key-file " +
                                           folder.path("key") + "\ntls-ca-cert-file " + folder.path("certificate") +
                                           "\ntls-auth-clients no");
  }

  std::string url(const std::string& scheme, const std::string& host, int port) const {
    return scheme + "://" + host + ":" + std::to_string(port);
  }
  std::string authority() const { return folder.path("certificate"); }

  unit::TempDir folder;
  int plain = unit::free_port();
  int secure = unit::free_port();
  std::unique_ptr<RedisProcess> redis;
};

}  // namespace

TEST(a_link_over_tls_answers_and_subscribes) {
  TlsServer server;
  LinkFixture f(server.url("rediss", "localhost", server.secure), "", server.authority());
  f.until_up();
  f.link->subscribe({"a"});
  f.until([&] { return f.confirmed == 1; });
  std::string large(5'000'000, 'x');
  CHECK_EQ(f.ask({"SET", "key", large}).text, "OK");
  CHECK(f.ask({"GET", "key"}).text == large);
  for (int i = 0; i < 10'000; ++i) f.link->command({"PUBLISH", "a", std::to_string(i)}, nullptr);
  f.until([&] { return f.messages.size() == 10'000; });
  for (size_t i = 0; i < 10'000; ++i) CHECK_EQ(f.messages[i].second, std::to_string(i));
  server.redis->kill();
  f.until_down();
  server.redis->start();
  f.until_up();
}

TEST(a_stopped_server_is_noticed_over_tls_too) {
  TlsServer server;
  LinkFixture f(server.url("rediss", "localhost", server.secure), "", server.authority(), unit::kUsualPatience);
  f.until_up();
  server.redis->stop();
  f.until_down();
  CHECK(says(f.down_reason, "does not answer for 3 s"));
  f.until([&] { return says(f.link->problem(), "does not begin TLS"); });
  CHECK(!says(f.link->problem(), "redis://"));  // it had TLS
  server.redis->go_on();
  f.until_up();
}

TEST(an_authority_that_is_not_trusted_is_refused) {
  TlsServer server;
  LinkFixture f(server.url("rediss", "localhost", server.secure));
  std::string problem = f.problem();
  CHECK(says(problem, "self"));
  CHECK(says(problem, "redis-tls-ca-file"));
}

TEST(a_certificate_for_another_host_is_refused) {
  TlsServer server;
  LinkFixture f(server.url("rediss", "127.0.0.1", server.secure), "", server.authority());
  CHECK(says(f.problem(), "mismatch"));
}

TEST(tls_and_plain_ports_are_told_apart) {
  TlsServer server;
  LinkFixture f(server.url("rediss", "localhost", server.plain), "", server.authority(), unit::kUsualPatience);
  CHECK(says(f.problem(), "needs redis://"));
  LinkFixture g(server.url("redis", "localhost", server.secure));
  CHECK(says(g.problem(), "rediss://"));
}

TEST(a_file_of_authorities_that_cannot_be_read_is_told) {
  unit::TempDir folder;
  folder.write("empty", "");
  for (const char* name : {"missing", "empty"}) {
    CHECK(says(redis_tls_problem(folder.path(name)), folder.path(name)));
    LinkFixture f("rediss://localhost", "", folder.path(name));
    CHECK_EQ(f.problem(), redis_tls_problem(folder.path(name)));
  }
  CHECK_EQ(redis_tls_problem(""), "");
}
