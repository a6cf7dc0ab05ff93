#include "access/origin.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

bool plain(const char* origin, const char* host) { return origin_allowed(origin, host, false, {}); }

}  // namespace

TEST(a_client_without_an_origin_is_allowed) { CHECK(plain("", "example.org")); }

TEST(a_page_of_the_same_host_and_port_is_allowed) {
  CHECK(plain("http://example.org:8000", "example.org:8000"));
  CHECK(plain("http://EXAMPLE.org:8000", "example.ORG:8000"));
  CHECK(plain("http://example.org", "example.org"));
  CHECK(plain("http://example.org", "example.org:80"));
  CHECK(origin_allowed("https://example.org", "example.org", true, {}));
  CHECK(origin_allowed("https://example.org", "example.org:443", true, {}));
}

TEST(a_page_behind_a_tls_proxy_is_allowed) { CHECK(plain("https://example.org", "example.org")); }

TEST(a_page_of_another_host_or_port_is_refused) {
  CHECK(!plain("http://evil.example", "example.org"));
  CHECK(!plain("http://example.org:8001", "example.org:8000"));
  CHECK(!plain("http://example.org", "example.org:8000"));
  CHECK(!plain("http://example.org.evil.example", "example.org"));
  CHECK(!plain("http://notexample.org", "example.org"));
  CHECK(!origin_allowed("http://example.org", "example.org", true, {}));
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
    CHECK(!is_origin(bad));
    CHECK(!plain(bad, "example.org"));
  }
}

TEST(an_http_page_has_another_origin_than_a_tls_server) {
  CHECK(!origin_allowed("http://example.org:8443", "example.org:8443", true, {}));
  CHECK(origin_allowed("https://example.org:8443", "example.org:8443", true, {}));
  CHECK(plain("https://example.org:8443", "example.org:8443"));  // a proxy may do TLS
  CHECK(!plain("ftp://example.org:8000", "example.org:8000"));
}

TEST(pages_from_files_are_allowed_by_the_name_null) {
  CHECK(origin_allowed("null", "example.org", true, {"null"}));
  CHECK(!origin_allowed("null", "example.org", true, {"https://a.example"}));
  CHECK(!origin_allowed("https://a.example", "example.org", true, {"null"}));
}

TEST(an_invalid_entry_of_the_list_is_refused_with_advice) {
  for (const char* good :
       {"*", "null", "https://a.example", "http://xn--bcher-kva.example:8080", "https://[2001:db8::1]"})
    CHECK_EQ(origin_problem(good), std::string());
  CHECK(origin_problem("https://bücher.example").find("punycode") != std::string::npos);
  for (const char* wild : {"*.example.org", "https://*.example.org", "https://*"})
    CHECK(origin_problem(wild).find("no wildcards") != std::string::npos);
  CHECK(origin_problem("example.org").find("https://example.org") != std::string::npos);
}

TEST(listed_origins_are_allowed_with_their_scheme) {
  CHECK(origin_allowed("https://a.example", "example.org", true, {"https://a.example"}));
  CHECK(origin_allowed("https://a.example:443", "example.org", true, {"https://a.example"}));
  CHECK(!origin_allowed("http://a.example", "example.org", true, {"https://a.example"}));
  CHECK(!origin_allowed("https://b.example", "example.org", true, {"https://a.example"}));
}

TEST(a_star_allows_every_origin) {
  CHECK(origin_allowed("https://anything.example", "example.org", true, {"*"}));
  CHECK(origin_allowed("null", "example.org", true, {"*"}));
}
