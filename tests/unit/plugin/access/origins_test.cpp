#include "access/origins.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

bool plain(const char* origin, const char* host) { return Origins().allow(origin, host, false); }
bool tls(const char* origin, const char* host) { return Origins().allow(origin, host, true); }

// A page of `origin` at a server under TLS that lists `word`.
bool listed(const char* origin, const char* word) {
  Origins origins;
  CHECK_EQ(origins.add(word), "");
  return origins.allow(origin, "example.org", true);
}

std::string problem_of(const char* word) { return Origins().add(word); }

}  // namespace

TEST(a_client_without_an_origin_is_allowed) { CHECK(plain("", "example.org")); }

TEST(a_page_of_the_same_host_and_port_is_allowed) {
  CHECK(plain("http://example.org:8000", "example.org:8000"));
  CHECK(plain("http://EXAMPLE.org:8000", "example.ORG:8000"));
  CHECK(plain("http://example.org", "example.org"));
  CHECK(plain("http://example.org", "example.org:80"));
  CHECK(tls("https://example.org", "example.org"));
  CHECK(tls("https://example.org", "example.org:443"));
}

TEST(a_page_behind_a_tls_proxy_is_allowed) { CHECK(plain("https://example.org", "example.org")); }

TEST(a_page_of_another_host_or_port_is_refused) {
  CHECK(!plain("http://evil.example", "example.org"));
  CHECK(!plain("http://example.org:8001", "example.org:8000"));
  CHECK(!plain("http://example.org", "example.org:8000"));
  CHECK(!plain("http://example.org.evil.example", "example.org"));
  CHECK(!plain("http://notexample.org", "example.org"));
  CHECK(!tls("http://example.org", "example.org"));
}

TEST(the_names_of_loopback_count_as_one_host) {
  for (const char* origin : {"http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"})
    for (const char* host : {"localhost:8000", "127.0.0.1:8000", "[::1]:8000"}) CHECK(plain(origin, host));
  CHECK(!plain("http://localhost:8000", "127.0.0.1:8001"));
}

TEST(an_invalid_origin_is_refused) {
  for (const char* bad : {"null", "example.org", "://example.org", "http://", "http://example.org:0",
                          "http://example.org:99999", "http://example.org:", "http://example.org/path",
                          "http://user@example.org", "http://exa mple.org", "http://[::1", "http://[]"}) {
    CHECK(!WebOrigin().read(bad));
    CHECK(!plain(bad, "example.org"));
  }
}

TEST(an_http_page_has_another_origin_than_a_tls_server) {
  CHECK(!tls("http://example.org:8443", "example.org:8443"));
  CHECK(tls("https://example.org:8443", "example.org:8443"));
  CHECK(plain("https://example.org:8443", "example.org:8443"));  // a proxy may do TLS
  CHECK(!plain("ftp://example.org:8000", "example.org:8000"));
}

TEST(pages_from_files_are_allowed_by_the_name_null) {
  CHECK(listed("null", "null"));
  CHECK(!listed("null", "https://a.example"));
  CHECK(!listed("https://a.example", "null"));
}

TEST(an_invalid_entry_of_the_list_is_refused_with_advice) {
  for (const char* good :
       {"*", "null", "https://a.example", "http://xn--bcher-kva.example:8080", "https://[2001:db8::1]"})
    CHECK_EQ(problem_of(good), std::string());
  CHECK(problem_of("https://bücher.example").find("punycode") != std::string::npos);
  for (const char* wild : {"*.example.org", "https://*.example.org", "https://*"})
    CHECK(problem_of(wild).find("the only wildcard") != std::string::npos);
  CHECK(problem_of("example.org").find("https://example.org") != std::string::npos);
}

TEST(listed_origins_are_allowed_with_their_scheme) {
  CHECK(listed("https://a.example", "https://a.example"));
  CHECK(listed("https://a.example:443", "https://a.example"));
  CHECK(!listed("http://a.example", "https://a.example"));
  CHECK(!listed("https://b.example", "https://a.example"));
}

TEST(a_star_allows_every_origin) {
  CHECK(listed("https://anything.example", "*"));
  CHECK(listed("null", "*"));
}

TEST(only_own_and_listed_origins_may_use_cookies) {
  Origins origins;
  for (const char* word : {"*", "null", "https://page.example"}) CHECK_EQ(origins.add(word), "");
  CHECK(origins.allow_credentials("https://page.example", "chat.example", true));
  CHECK(origins.allow_credentials("https://chat.example", "chat.example", true));
  for (const char* origin : {"https://other.example", "null", ""}) {
    CHECK(origins.allow(origin, "chat.example", true));
    CHECK(!origins.allow_credentials(origin, "chat.example", true));
  }
}
