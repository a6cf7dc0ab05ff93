#include "access/regular_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/config_dir.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// The text, or "problem: " with the error.
std::string read(const std::string& path) {
  FileText file = read_regular_file(path);
  if (!file.problem.empty()) CHECK_EQ(file.text, "");
  return file.problem.empty() ? file.text : "problem: " + file.problem;
}

}  // namespace

TEST(a_regular_file_is_read_whole_with_any_bytes) {
  unit::TempDir dir;
  std::string text(50000, '\0');
  text += "end";
  dir.write("file", text);
  dir.write("empty", "");
  CHECK_EQ(read(dir.path("file")), text);
  CHECK_EQ(file_problem(dir.path("file")), "");
  CHECK_EQ(read(dir.path("empty")), "");
}

TEST(a_path_that_is_not_a_regular_file_is_an_error_at_once) {
  unit::TempDir dir;
  mkfifo(dir.path("fifo").c_str(), 0600);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  dir.path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const auto& [path, problem] : {std::pair<std::string, std::string>{dir.path(), "is a folder"},
                                      {dir.path("fifo"), "is a FIFO"},
                                      {dir.path("socket"), "is a socket"},
                                      {"/dev/zero", "is a device"}}) {
    CHECK_EQ(read(path), "problem: " + problem + ": name a regular file");
    CHECK_EQ(file_problem(path), problem + ": name a regular file");
  }
  close(fd);
}

TEST(a_file_over_the_limit_is_refused) {
  unit::TempDir dir;
  dir.write("file", std::string(kLargestFile, 'x'));
  CHECK_EQ(read(dir.path("file")).size(), kLargestFile);
  dir.write("file", std::string(kLargestFile + 1, 'x'));
  CHECK_EQ(read(dir.path("file")), "problem: is larger than 1048576 bytes: name the right file");
}

TEST(the_error_for_an_unreadable_file_says_what_to_do) {
  unit::TempDir dir;
  CHECK_EQ(read(dir.path("none")), "problem: missing, create it or correct the path");
  CHECK_EQ(file_problem(dir.path("none")), "missing, create it or correct the path");
  dir.write("secret", "x");
  chmod(dir.path("secret").c_str(), 0);
  if (geteuid() != 0)
    CHECK_EQ(read(dir.path("secret")), "problem: permission denied, let the user of the service read it");
}

TEST(a_secret_file_that_others_have_rights_to_is_refused_with_the_remedy) {
  unit::TempDir dir;
  dir.write("secret", "x");
  std::string path = dir.path("secret");
  for (mode_t mode : {0604, 0602, 0601, 0644, 0666}) {
    chmod(path.c_str(), mode);
    FileText file = read_secret_file(path);
    CHECK_EQ(file.text, "");
    CHECK_EQ(file.problem, "every user of this machine has rights to it: chmod o-rwx " + path);
  }
  for (mode_t mode : {0600, 0640, 0660}) {
    chmod(path.c_str(), mode);
    CHECK_EQ(read_secret_file(path).problem, "");
    CHECK_EQ(read_secret_file(path).text, "x");
  }
  CHECK_EQ(read_secret_file(dir.path("none")).problem, "missing, create it or correct the path");
}

TEST(a_trusted_file_that_others_can_change_is_refused_with_the_remedy) {
  unit::TempDir dir;
  dir.write("key", "x");
  std::string path = dir.path("key");
  chmod(path.c_str(), 0646);
  CHECK_EQ(read_trusted_file(path).text, "");
  CHECK_EQ(read_trusted_file(path).problem, "every user of this machine can change it: chmod o-w " + path);
  chmod(path.c_str(), 0644);
  CHECK_EQ(read_trusted_file(path).problem, "");
  CHECK_EQ(read_trusted_file(path).text, "x");
}
