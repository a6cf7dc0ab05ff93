#pragma once

#include <hiredis/hiredis.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "redis/link.h"

extern char** environ;

namespace unit {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using ContextPtr = std::unique_ptr<redisContext, FreeContext>;

// A Redis server of its own, on a Unix socket in a folder of its own. It ends with the object.
class RedisBox {
 public:
  RedisBox() {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    std::vector<std::string> words = {"redis-server", "--port", "0", "--unixsocket", socket(), "--dir",
                                      folder_,        "--save", "",  "--loglevel",   "warning"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0)
      throw std::runtime_error("there is no redis-server: install the package redis-server");
    while (access(socket().c_str(), F_OK) != 0) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) throw std::runtime_error("redis-server has ended");
      usleep(1000);
    }
  }
  ~RedisBox() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    (void)!system(("rm -rf " + folder_).c_str());
  }
  RedisBox(const RedisBox&) = delete;
  RedisBox& operator=(const RedisBox&) = delete;

  std::string socket() const { return folder_ + "/socket"; }

  ContextPtr connect() const {
    for (;;) {
      ContextPtr context(redisConnectUnix(socket().c_str()));
      if (context && !context->err) return context;
      usleep(1000);
    }
  }

 private:
  std::string folder_ = "/tmp/lws-chat-redis-XXXXXX";
  pid_t pid_ = -1;
};

// A link to the box that waits for each answer, and gives it within the call.
class BoxLink final : public lws_chat::RedisLink {
 public:
  using Reply = lws_chat::RedisReply;

  explicit BoxLink(const RedisBox& box) : context_(box.connect()) {}

  // Does a command, in words.
  Reply operator()(const std::vector<std::string>& words) {
    return ask(std::vector<std::string_view>(words.begin(), words.end()));
  }

  Reply ask(const std::vector<std::string_view>& words) {
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    for (std::string_view word : words) {
      texts.push_back(word.data() ? word.data() : "");
      sizes.push_back(word.size());
    }
    return taken(redisCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(), sizes.data()));
  }

  // Waits for what a subscription brings.
  Reply next() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK) throw std::runtime_error(context_->errstr);
    return taken(reply);
  }

  void attach(Listener&) override {}
  bool is_up() const override { return true; }
  const Server& server() const override { return server_; }
  const std::string& problem() const override { return problem_; }
  void command(const std::vector<std::string_view>& words, Answer answer) override { answer(ask(words), 0); }
  void run(const lws_chat::RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override {
    std::string number = std::to_string(keys.size());
    std::vector<std::string_view> words = {"EVALSHA", script.sha1, number};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    Reply reply = ask(words);
    if (reply.is_error() && reply.text.compare(0, 8, "NOSCRIPT") == 0) {
      ask({"SCRIPT", "LOAD", script.source});
      reply = ask(words);
    }
    answer(reply, 0);
  }
  void subscribe(const std::vector<std::string_view>& channels) override {
    for (std::string_view channel : channels) ask({"SUBSCRIBE", channel});
  }
  void unsubscribe(const std::vector<std::string_view>& channels) override {
    for (std::string_view channel : channels) ask({"UNSUBSCRIBE", channel});
  }
  size_t unanswered() const override { return 0; }

 private:
  static Reply value_of(const redisReply& reply) {
    Reply value;
    switch (reply.type) {
      case REDIS_REPLY_NIL: value.kind = Reply::Kind::kNil; break;
      case REDIS_REPLY_INTEGER:
        value.kind = Reply::Kind::kInteger;
        value.integer = reply.integer;
        break;
      case REDIS_REPLY_ARRAY:
        value.kind = Reply::Kind::kArray;
        for (size_t i = 0; i < reply.elements; ++i) value.items.push_back(value_of(*reply.element[i]));
        break;
      default:
        value.kind = reply.type == REDIS_REPLY_ERROR ? Reply::Kind::kError : Reply::Kind::kText;
        value.text.assign(reply.str, static_cast<size_t>(reply.len));
    }
    return value;
  }

  Reply taken(void* reply) {
    if (!reply) throw std::runtime_error(context_->errstr);
    Reply value = value_of(*static_cast<redisReply*>(reply));
    freeReplyObject(reply);
    return value;
  }

  ContextPtr context_;
  Server server_;
  std::string problem_;
};

}  // namespace unit
