#include "support/unit.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

extern "C" {
#include <cmocka.h>
}

namespace unit {
namespace {

struct Failure {
  std::string file;
  int line;
  std::string what;
};

std::vector<CMUnitTest>& tests() {
  static std::vector<CMUnitTest> all;
  return all;
}

// Runs the body to its end or its exception. All destructors have run when it returns.
bool passes(Body body, char* report, size_t size) {
  try {
    body();
    return true;
  } catch (const Failure& failure) {
    std::snprintf(report, size, "%s:%d: %s", failure.file.c_str(), failure.line, failure.what.c_str());
  } catch (const std::exception& error) {
    std::snprintf(report, size, "exception: %s", error.what());
  }
  return false;
}

void run(void** state) {
  auto body = reinterpret_cast<Body>(*state);
  char report[2000];
  if (passes(body, report, sizeof report)) return;
  print_error("%s\n", report);
  fail();
}

}  // namespace

void report(const char* file, int line, const std::string& what) { throw Failure{file, line, what}; }

int add(const char* name, Body body) {
  tests().push_back(CMUnitTest{name, run, nullptr, nullptr, reinterpret_cast<void*>(body)});
  return 0;
}

}  // namespace unit

int main() { return _cmocka_run_group_tests("unit", unit::tests().data(), unit::tests().size(), nullptr, nullptr); }
