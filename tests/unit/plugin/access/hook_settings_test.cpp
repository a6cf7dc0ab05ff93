#include "access/hook_settings.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(urls_of_back_ends_are_http_https_or_unix) {
  for (const char* right :
       {"http://127.0.0.1:3000/centrifugo/connect", "https://back-end.example/", "https://back-end.example",
        "http://[::1]:80/x?y=z", "http://localhost?x", "unix:/run/site.sock:/hooks/connect", "unix:/a:/"})
    CHECK_EQ(hook_url_problem(right), "");
  for (const char* wrong : {"",
                            "back-end.example",
                            "ftp://x/",
                            "http://",
                            "http:///path",
                            "http://:80/",
                            "http://x:0/",
                            "http://x:65536/",
                            "http://x:/",
                            "http://x y/",
                            "http://x/#f",
                            "http://x/\xc3\xa9",
                            "http://[::1/",
                            "http://::1/",
                            "unix:",
                            "unix:/a",
                            "unix:a:/b",
                            "unix::/b",
                            "HTTP://x/",
                            "http://x\\y/",
                            "http://x/\r\nA: b"})
    CHECK(!hook_url_problem(wrong).empty());
  CHECK(!hook_url_problem("http://" + std::string(2000, 'x') + "/").empty());
  CHECK(!hook_url_problem("unix:/" + std::string(107, 'x') + ":/").empty());
  CHECK_EQ(hook_url_problem("http://user:secret@x/"),
           "a user in the URL, expected an Authorization header in hook-headers-file");
}

TEST(statuses_become_denials) {
  std::vector<HookStatusRule> rules;
  CHECK_EQ(read_hook_statuses("401:disconnect:4501:sign in: here; 403:error:403:not yours ;503:temporary-error:1000:;",
                              rules),
           "");
  CHECK_EQ(rules.size(), 3u);
  CHECK_EQ(rules[0].status, 401);
  CHECK(rules[0].denial.disconnects && !rules[0].denial.temporary);
  CHECK_EQ(rules[0].denial.code, 4501u);
  CHECK_EQ(rules[0].denial.message, "sign in: here");
  CHECK_EQ(rules[1].denial.message, "not yours");
  CHECK(!rules[1].denial.disconnects && !rules[1].denial.temporary);
  CHECK(rules[2].denial.temporary);
  CHECK_EQ(rules[2].denial.code, 1000u);
  CHECK_EQ(rules[2].denial.message, "");
  CHECK_EQ(read_hook_statuses("", rules), "");
  CHECK(rules.empty());
}

TEST(a_wrong_status_rule_changes_nothing_and_is_described) {
  std::vector<HookStatusRule> rules;
  CHECK_EQ(read_hook_statuses("401:error:400:x", rules), "");
  struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"x", "\"x\" has no HTTP status"},
      {"99:error:400:x", "\"99:error:400:x\" has no HTTP status"},
      {"200:error:400:x", "\"200:error:400:x\" is about status 200"},
      {"401:refuse:400:x", "\"401:refuse:400:x\" expected STATUS"},
      {"401:error:0:x", "\"401:error:0:x\" has no code of an error"},
      {"401:disconnect:400:x", "\"401:disconnect:400:x\" has no code of a disconnect"},
      {"401:error:400:\xc3\xa9", "\"401:error:400:\xc3\xa9\" has a text that is not ASCII"},
      {"401:error:400:x;401:error:401:y", "\"401:error:401:y\" is the second rule"},
  };
  for (const auto& one : cases) {
    std::string problem = read_hook_statuses(one.text, rules);
    CHECK_EQ(problem.substr(0, std::string(one.problem).size()), one.problem);
    CHECK_EQ(rules.size(), 1u);
  }
}

TEST(names_of_headers_are_read_in_lower_case) {
  std::vector<std::string> names;
  CHECK_EQ(read_hook_header_names(" Cookie,Authorization  x-Real_IP", names), "");
  CHECK_EQ(names.size(), 3u);
  CHECK_EQ(names[0] + names[1] + names[2], "cookieauthorizationx-real_ip");
  CHECK_EQ(read_hook_header_names("cookie connection", names).substr(0, 29), "\"connection\" cannot be sent: ");
  CHECK(!read_hook_header_names("Transfer-Encoding", names).empty());
  CHECK(!read_hook_header_names("Content-Length", names).empty());
  CHECK_EQ(read_hook_header_names("a:b", names), "\"a:b\" is not the name of a header");
  CHECK_EQ(names.size(), 3u);
}

TEST(static_headers_are_read_and_their_secrets_are_not_repeated) {
  HookHeaders headers;
  CHECK_EQ(read_hook_headers("# ours\r\nAuthorization: Bearer a:b\r\n\n  X-Site :x\n", headers).substr(0, 7),
           "line 4:");
  CHECK_EQ(read_hook_headers("# ours\r\nAuthorization: Bearer a:b\r\n\n  X-Site:  x  ", headers), "");
  CHECK_EQ(headers.size(), 2u);
  CHECK_EQ(headers[0].first + "=" + headers[0].second, "authorization=Bearer a:b");
  CHECK_EQ(headers[1].first + "=" + headers[1].second, "x-site=x");
  for (const char* wrong : {"secret", "A: secret\nBad Name: secret", "Host: secret", "A:",
                            "A: se\x01"
                            "cret"}) {
    std::string problem = read_hook_headers(wrong, headers);
    CHECK_EQ(problem.substr(0, 5), "line ");
    CHECK_EQ(problem.find("secret"), std::string::npos);
    CHECK_EQ(headers.size(), 2u);
  }
}
