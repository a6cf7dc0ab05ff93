#include "access/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lws_chat {
namespace {

constexpr char kNameAnother[] = ": name a regular file";

struct Descriptor {
  // Without O_NONBLOCK, open() would wait for a FIFO's writer.
  explicit Descriptor(const std::string& path) : fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd;
};

std::string describe_error(int error) {
  switch (error) {
    case ENOENT: return "missing, create it or correct the path";
    case EACCES: return "permission denied, let the user of the service read it";
    case ENXIO: return std::string("is a socket") + kNameAnother;  // open(2)
    default: return std::strerror(error);
  }
}

std::string kind_problem(mode_t mode) {
  if (S_ISREG(mode)) return "";
  const char* kind = S_ISDIR(mode) ? "is a folder" : S_ISFIFO(mode) ? "is a FIFO" : "is a device";
  return std::string(kind) + kNameAnother;
}

FileText look_at(const Descriptor& file) {
  struct stat status;
  if (file.fd < 0 || fstat(file.fd, &status) != 0) return {"", describe_error(errno)};
  return {"", kind_problem(status.st_mode), status.st_mode & S_IRWXO};
}

}  // namespace

FileText read_regular_file(const std::string& path) {
  Descriptor file(path);
  FileText read_so_far = look_at(file);
  while (read_so_far.problem.empty()) {
    char block[16384];
    ssize_t got = read(file.fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {"", describe_error(errno)};
    if (got == 0) break;
    read_so_far.text.append(block, static_cast<size_t>(got));
    // st_size is no help: it is 0 for files in /proc, and a file may grow.
    if (read_so_far.text.size() > kLargestFile)
      return {"", "is larger than " + std::to_string(kLargestFile) + " bytes: name the right file"};
  }
  return read_so_far;
}

std::string file_problem(const std::string& path) { return look_at(Descriptor(path)).problem; }

std::string secret_file_problem(const FileText& file, const std::string& path) {
  if (file.others == 0) return "";
  return "every user of this machine has rights to it: chmod o-rwx " + path;
}

FileText read_secret_file(const std::string& path) {
  FileText file = read_regular_file(path);
  std::string problem = secret_file_problem(file, path);
  return file.problem.empty() && !problem.empty() ? FileText{"", problem, file.others} : file;
}

FileText read_trusted_file(const std::string& path) {
  FileText file = read_regular_file(path);
  if (!file.problem.empty() || !(file.others & S_IWOTH)) return file;
  return {"", "every user of this machine can change it: chmod o-w " + path, file.others};
}

}  // namespace lws_chat
