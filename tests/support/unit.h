#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

// Unit tests with CMocka and C++ bodies. A failing CMocka assert longjmps over destructors. So bodies throw instead,
// and only unit.cpp calls CMocka, after the stack is unwound.
//
//   TEST(reader_sees_every_message_in_order) { CHECK_EQ(stream.head(), 3u); }
namespace unit {

using Body = void (*)();
int add(const char* name, Body body);

[[noreturn]] void report(const char* file, int line, const std::string& what);

template <typename A, typename B>
void check_equal(const A& a, const B& b, const char* text, const char* file, int line) {
  if (a == b) return;
  std::ostringstream out;
  out << text << ": " << a << " is not " << b;
  report(file, line, out.str());
}

}  // namespace unit

#define TEST(name)                                                                \
  static void test_##name();                                                      \
  [[maybe_unused]] static const int added_##name = unit::add(#name, test_##name); \
  static void test_##name()

#define CHECK(condition)                                            \
  do {                                                              \
    if (!(condition)) unit::report(__FILE__, __LINE__, #condition); \
  } while (0)

#define CHECK_EQ(a, b) unit::check_equal((a), (b), #a " == " #b, __FILE__, __LINE__)
