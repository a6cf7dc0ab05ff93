#include "support/failing_new.h"

#include <cstdlib>
#include <new>

namespace lws_chat {

long until_failure = 0;
bool armed = false;

namespace {

void* allocate(std::size_t size) {
  if (armed && until_failure > 0 && --until_failure == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace
}  // namespace lws_chat

void* operator new(std::size_t size) { return lws_chat::allocate(size); }
void* operator new[](std::size_t size) { return lws_chat::allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
