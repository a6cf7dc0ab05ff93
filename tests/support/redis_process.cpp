#include "support/redis_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "redis/command_text.h"
#include "redis/reply_reader.h"
#include "redis/socket_address.h"

namespace unit {

using lws_chat::RedisReply;

struct RedisShell::Reader {
  lws_chat::ReplyReader replies{size_t{1} << 30};
};

RedisShell::RedisShell(const std::string& socket_path) : reader_(std::make_unique<Reader>()) {
  lws_chat::RedisAddress address;
  address.path = socket_path;
  auto place = lws_chat::numeric_address(address);
  descriptor_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&place->bytes), place->size) == 0) return;
  close(descriptor_);
  descriptor_ = -1;
}

RedisShell::~RedisShell() {
  if (descriptor_ >= 0) close(descriptor_);
}

RedisReply RedisShell::ask(const std::vector<std::string>& words) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kLost;
  std::string command;
  lws_chat::append_command(command, std::vector<std::string_view>(words.begin(), words.end()));
  if (send(descriptor_, command.data(), command.size(), MSG_NOSIGNAL) < 0) return reply;
  return next();
}

RedisReply RedisShell::next() {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kLost;
  while (!reader_->replies.next(reply)) {
    char bytes[65536];
    ssize_t got = recv(descriptor_, bytes, sizeof bytes, 0);
    if (got <= 0) return reply;
    reader_->replies.feed(bytes, static_cast<size_t>(got));
  }
  return reply;
}

RedisProcess::RedisProcess(std::string options, const std::string& program)
    : options_(std::move(options)), program_(program) {
  start();
}

RedisProcess::~RedisProcess() { kill(); }

void RedisProcess::start() {
  std::string port = options_.find("port ") == std::string::npos ? "port 0\n" : "";
  std::string save = program_ == "redis-sentinel" ? "" : "save \"\"\n";
  folder_.write("redis.conf", save + "dir " + folder_.path() + "\nunixsocket " + socket_path() + "\nlogfile " +
                                  folder_.path("log") + "\n" + port + options_ + "\n");
  std::string file = folder_.path("redis.conf");
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing behind
    execlp(program_.c_str(), program_.c_str(), file.c_str(), nullptr);
    _exit(127);
  }
  for (int i = 0; i < 60'000; ++i) {
    if (waitpid(process_, nullptr, WNOHANG) == process_) break;
    RedisShell shell(socket_path());
    // A server with a password, or that loads its data, answers with an error.
    if (shell.connected() && !shell.ask({"PING"}).is_lost()) return;
    usleep(1000);
  }
  throw std::runtime_error(program_ + " does not start: see " + folder_.path("log"));
}

void RedisProcess::stop() const {
  ::kill(process_, SIGSTOP);
  int status = 0;
  waitpid(process_, &status, WUNTRACED);
}

void RedisProcess::go_on() const { ::kill(process_, SIGCONT); }

void RedisProcess::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

}  // namespace unit
