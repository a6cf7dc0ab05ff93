#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "redis/reply.h"
#include "support/config_dir.h"

namespace unit {

// A connection to a Redis server that waits for each answer, for what a test does besides.
class RedisShell {
 public:
  explicit RedisShell(const std::string& socket_path);
  ~RedisShell();
  RedisShell(const RedisShell&) = delete;
  RedisShell& operator=(const RedisShell&) = delete;

  bool connected() const { return descriptor_ >= 0; }

  // Returns kLost if the server is not there.
  lws_chat::RedisReply ask(const std::vector<std::string>& words);

  // Waits for what comes without a command: what a channel brings that was subscribed.
  lws_chat::RedisReply next();

 private:
  struct Reader;
  int descriptor_ = -1;
  std::unique_ptr<Reader> reader_;
};

// A redis-server on a Unix socket in a folder of its own. The destructor kills it.
class RedisProcess {
 public:
  // `options` are lines of a configuration, for example "port 12345" or "appendonly yes". Returns when it answers.
  explicit RedisProcess(std::string options = "", const std::string& program = "redis-server");
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  void start();
  void add_option(const std::string& line) { options_ += "\n" + line; }  // for the next start
  void stop() const;  // SIGSTOP: it keeps its connections, and answers nothing
  void go_on() const;
  void kill();  // SIGKILL
  void restart() {
    kill();
    start();
  }
  bool runs() const { return process_ > 0; }

  std::string socket_path() const { return folder_.path("redis.sock"); }
  std::string url() const { return "unix:" + socket_path(); }
  const TempDir& folder() const { return folder_; }

  // Asks over a new connection, as the default user.
  lws_chat::RedisReply ask(const std::vector<std::string>& words) const { return RedisShell(socket_path()).ask(words); }

 private:
  TempDir folder_;
  std::string options_;
  std::string program_;
  pid_t process_ = -1;
};

}  // namespace unit
