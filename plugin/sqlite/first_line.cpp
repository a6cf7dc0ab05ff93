#include "sqlite/first_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace lws_chat {

std::string first_line(const char* path) {
  std::array<char, 128> bytes{};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  ssize_t size = read(fd, bytes.data(), bytes.size());
  close(fd);
  std::string text(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
  return text.substr(0, text.find('\n'));
}

}  // namespace lws_chat
