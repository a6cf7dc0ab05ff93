#include "host/log/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>

namespace lws_chat {

LineWriter::LineWriter(int fd) : fd_(fd) {
  struct stat status;
  if (fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return;
  kind_ = S_ISSOCK(status.st_mode) ? Kind::kSocket : Kind::kPolled;
  if (kind_ == Kind::kSocket) return;
  // Opening a pipe or a terminal again gives it flags of its own. The system may forbid it, for example when the pipe
  // belongs to another user.
  std::string path = "/proc/self/fd/" + std::to_string(fd);
  int own = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0) return;
  fd_ = own;
  kind_ = Kind::kOwn;
}

LineWriter::~LineWriter() {
  if (kind_ == Kind::kOwn) close(fd_);
}

size_t LineWriter::write_some(std::string_view bytes) {
  ssize_t written = -1;
  do {
    if (kind_ == Kind::kSocket) {
      written = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (kind_ == Kind::kPolled) {
      // When poll(2) finds room in a pipe, at least PIPE_BUF bytes fit.
      pollfd room{fd_, POLLOUT, 0};
      if (poll(&room, 1, 0) == 0) return 0;
      written = write(fd_, bytes.data(), std::min<size_t>(bytes.size(), PIPE_BUF));
    } else {
      written = write(fd_, bytes.data(), bytes.size());
    }
  } while (written < 0 && errno == EINTR);
  broken_ = written < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
  if (broken_) return bytes.size();
  return static_cast<size_t>(std::max<ssize_t>(written, 0));
}

bool LineWriter::put(std::string_view line) {
  flush();
  while (waiting_.empty() && !line.empty()) {
    size_t written = write_some(line);
    if (broken_) return false;
    if (written == 0) break;
    line.remove_prefix(written);
  }
  if (!waiting_.empty() && waiting_.size() + line.size() > kMostWaiting) return false;
  waiting_ += line;
  return true;
}

void LineWriter::flush() {
  size_t done = 0;
  while (done < waiting_.size()) {
    size_t written = write_some(std::string_view(waiting_).substr(done));
    if (written == 0) break;
    done += written;
  }
  waiting_.erase(0, done);
}

bool LineWriter::wait(int milliseconds) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point end = Clock::now() + std::chrono::milliseconds(milliseconds);
  for (flush(); !waiting_.empty(); flush()) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (milliseconds >= 0 && left <= 0) return false;
    pollfd room{fd_, POLLOUT, 0};
    if (poll(&room, 1, milliseconds < 0 ? -1 : static_cast<int>(left)) < 0 && errno != EINTR) return false;
  }
  return true;
}

}  // namespace lws_chat
