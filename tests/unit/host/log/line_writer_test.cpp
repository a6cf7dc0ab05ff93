#include "host/log/line_writer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "support/config_dir.h"
#include "support/unit.h"

using lws_chat::LineWriter;

namespace {

// Two ends: what is written to `in` can be read from `out`.
struct Ends {
  int out = -1;
  int in = -1;
  ~Ends() {
    close_reader();
    close(in);
  }
  void close_reader() {
    if (out >= 0) close(out);
    out = -1;
  }
};

struct Pipe : Ends {
  Pipe() {
    int fds[2];
    CHECK_EQ(pipe(fds), 0);
    out = fds[0];
    in = fds[1];
  }
};

struct Socket : Ends {
  Socket() {
    int fds[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    out = fds[0];
    in = fds[1];
  }
};

// All that can be read at once.
std::string read_all(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string text;
  char block[65536];
  for (ssize_t got; (got = read(fd, block, sizeof block)) > 0;) text.append(block, static_cast<size_t>(got));
  return text;
}

std::string numbered(int number) { return "line " + std::to_string(number) + " " + std::string(100, 'x') + "\n"; }

// Puts lines until one is lost. Returns the others.
std::string fill(LineWriter& writer) {
  std::string taken;
  for (int i = 0; i < 100000; ++i) {
    if (!writer.put(numbered(i))) return taken;
    taken += numbered(i);
  }
  throw std::runtime_error("no line was lost");
}

void check_that_lines_are_kept_and_then_lost(const Ends& ends) {
  int flags = fcntl(ends.in, F_GETFL);
  LineWriter writer(ends.in);
  std::string taken = fill(writer);
  CHECK(!writer.idle());
  CHECK(!writer.put(numbered(0)));
  CHECK_EQ(fcntl(ends.in, F_GETFL), flags);
  std::string got;
  while (!writer.idle()) {
    got += read_all(ends.out);
    writer.flush();
  }
  CHECK(writer.put("again\n"));
  got += read_all(ends.out);
  CHECK_EQ(got, taken + "again\n");
}

}  // namespace

TEST(a_full_pipe_makes_lines_wait_and_then_get_lost_without_blocking) {
  check_that_lines_are_kept_and_then_lost(Pipe());
}

TEST(a_full_socket_makes_lines_wait_and_then_get_lost_without_blocking) {
  check_that_lines_are_kept_and_then_lost(Socket());
}

TEST(kept_lines_are_written_when_there_is_room_and_wait_ends_in_time) {
  Pipe ends;
  LineWriter writer(ends.in);
  std::string taken = fill(writer);
  CHECK(!writer.wait(1));
  std::string got = read_all(ends.out);
  CHECK(!got.empty());
  CHECK(writer.wait(-1));
  CHECK_EQ(got + read_all(ends.out), taken);
}

TEST(without_a_reader_lines_are_lost_and_nothing_else_happens) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe ends;
  LineWriter writer(ends.in);
  fill(writer);
  ends.close_reader();
  CHECK(!writer.put("nobody hears\n"));
  CHECK(writer.idle());
  CHECK(writer.wait(-1));
}

TEST(lines_are_appended_to_a_file) {
  unit::TempDir dir;
  int fd = open(dir.path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  LineWriter writer(fd);
  CHECK(writer.put("one\n"));
  CHECK(writer.put("two\n"));
  close(fd);
  std::ifstream file(dir.path("log"));
  CHECK_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "one\ntwo\n");
}
