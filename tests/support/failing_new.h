#pragma once

// A program that is linked with failing_new.cpp has an operator new of which the test can make one call fail.
namespace lws_chat {

extern long until_failure;  // allocations until one fails; 0: none fails
extern bool armed;          // allocations count only while this is true

// While an object of this class exists, allocations of the program count, but not those of the test.
struct Armed {
  Armed() { armed = true; }
  ~Armed() { armed = false; }
};

}  // namespace lws_chat
