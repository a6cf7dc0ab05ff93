#include "sqlite/file_head.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>

#include "sqlite/schema.h"

namespace lws_chat {
namespace {

constexpr size_t kHeadBytes = 60;

// All files of ours have the same bytes 0 to 23, 44 to 47 and 56 to 59, see https://www.sqlite.org/fileformat.html
// section 1.3.
bool mend(std::string& head) {
  std::string mended = head;
  mended.replace(0, 24, std::string("SQLite format 3\0\x10\0\2\2\0\x40\x20\x20", 24));
  // A copy by SQLite itself has another journal, until it is opened.
  if (head[18] == 1 && head[19] == 1) mended[18] = mended[19] = 1;
  mended.replace(44, 4, std::string("\0\0\0\4", 4));
  mended.replace(56, 4, std::string("\0\0\0\1", 4));
  bool changed = mended != head;
  head = mended;
  return changed;
}

std::string first_page(const std::string& path) {
  std::string page(kPageBytes, '\0');
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : pread(fd, page.data(), page.size(), 0);
  if (fd >= 0) close(fd);
  page.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return page;
}

uint32_t number_at(const std::string& page, size_t place) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(page[place + i]);
  return number;
}

}  // namespace

// Bits of the head may be wrong.
std::string foreign_file(const std::string& path) {
  std::string page = first_page(path);
  bool ours = page.size() == kPageBytes &&
              (number_at(page, 68) == kApplicationId || page.find("CREATE TABLE lost_runs") != std::string::npos);
  // A file without its first page may be ours, but nothing can be read of it.
  if (!page.empty() && !ours) return "is not a file of lws-chat, or its beginning is lost; name another file";
  uint32_t version = ours ? number_at(page, 60) : 0;
  if (version > kSchemaVersion && version < 1000) return newer_version(version);
  return {};
}

bool mend_head(const std::string& path) {
  std::string head = first_page(path).substr(0, kHeadBytes);
  if (head.size() < kHeadBytes || !mend(head)) return false;
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  bool done = fd >= 0 && pwrite(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size());
  if (fd >= 0) close(fd);
  return done;
}

}  // namespace lws_chat
