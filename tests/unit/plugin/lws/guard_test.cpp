#include "lws/guard.h"

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::vector<std::string> lines;

void note(int, const char* line) { lines.emplace_back(line); }

// The lines that lws logs meanwhile.
struct Log {
  Log() {
    lines.clear();
    lws_set_log_level(LLL_ERR, note);
  }
  ~Log() { lws_set_log_level(LLL_ERR, nullptr); }
};

}  // namespace

TEST(work_that_succeeds_is_not_mentioned) {
  Log log;
  int count = 0;
  CHECK(guarded("work", [&] { ++count; }));
  CHECK_EQ(guarded("work", 0, [&] { return ++count; }), 2);
  CHECK(lines.empty());
}

TEST(no_exception_comes_out_and_the_log_says_what_failed) {
  Log log;
  CHECK(!guarded("this work", [] { throw std::runtime_error("that reason"); }));
  CHECK_EQ(lines.size(), 1u);
  CHECK(lines[0].find("this work failed: that reason") != std::string::npos);
  CHECK(!guarded("this work", [] { throw 7; }));
  CHECK_EQ(guarded("other work", 42, []() -> int { throw std::bad_alloc(); }), 42);
}

TEST(many_failures_in_a_second_are_not_all_logged) {
  Log log;
  for (int i = 0; i < 1000; ++i) CHECK(!guarded("work", [] { throw std::bad_alloc(); }));
  CHECK(lines.size() <= 22);
}
