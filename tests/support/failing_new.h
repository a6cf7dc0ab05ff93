#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces operator new, so that a test can make one allocation of its program fail. Include this in one file.
namespace lws_chat {

inline long until_failure = 0;  // allocations until one fails; 0: none fails
inline bool armed = false;      // allocations count only while this is true

// While an object of this class exists, allocations of the program count, but not those of the test.
struct Armed {
  Armed() { armed = true; }
  ~Armed() { armed = false; }
};

inline void* allocate(std::size_t size) {
  if (armed && until_failure > 0 && --until_failure == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace lws_chat

void* operator new(std::size_t size) { return lws_chat::allocate(size); }
void* operator new[](std::size_t size) { return lws_chat::allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
