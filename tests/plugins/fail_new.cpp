// For preloading into a server. While the file $FAIL_NEW_WHILE exists, every $FAIL_NEW_EVERY-th operator new fails.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

void* allocate(std::size_t size) {
  static const char* const file = std::getenv("FAIL_NEW_WHILE");
  static const unsigned long every = std::strtoul(std::getenv("FAIL_NEW_EVERY"), nullptr, 10);
  static std::atomic<unsigned long> count{0};
  if (++count % every == 0 && access(file, F_OK) == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace

__attribute__((visibility("default"))) void* operator new(std::size_t size) { return allocate(size); }
__attribute__((visibility("default"))) void* operator new[](std::size_t size) { return allocate(size); }
__attribute__((visibility("default"))) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((visibility("default"))) void operator delete[](void* memory) noexcept { std::free(memory); }
__attribute__((visibility("default"))) void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
__attribute__((visibility("default"))) void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
