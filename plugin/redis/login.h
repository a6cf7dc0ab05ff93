#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "redis/reply.h"
#include "redis/server_info.h"

namespace lws_chat {

// The first commands of a connection to a server, which are sent together, and what the replies say.
class Login {
 public:
  struct Account {
    std::string user;  // empty: the default one
    std::string password;
    unsigned database = 0;
  };

  // Appends the commands of a connection for commands, or for subscriptions, which have no database. The latter
  // subscribes these channels, and has a PING, so that a user who may not do that is noticed at once.
  void begin_commands(const Account& account, std::string& out);
  void begin_subscriptions(const Account& account, const std::vector<std::string>& channels, std::string& out);

  // Takes the next reply. Returns true if the login is over, well or not.
  [[nodiscard]] bool take(const RedisReply& reply);

  // Why the server cannot be used, as the end of a sentence that begins with its name; empty: it can.
  const std::string& problem() const { return problem_; }

  const ServerInfo& info() const { return info_; }

 private:
  enum class Step : uint8_t { kAuth, kSelect, kInfo, kPing, kSubscribe };

  void begin(const Account& account, std::string& out);
  void ask_info(const char* section, std::string& out);

  std::vector<Step> steps_;
  size_t taken_ = 0;
  ServerInfo info_;
  std::string problem_;
};

}  // namespace lws_chat
