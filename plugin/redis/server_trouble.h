#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "redis/keys.h"
#include "redis/link.h"
#include "redis/trial.h"

namespace lws_chat {

// What a server that lets this node in does not do all the same: it refuses commands, or answers too late. The log has
// one line when that begins, and one when it is over. While it lasts, the server is asked now and then whether it does
// again what it has refused, because nobody else may ask.
class ServerTrouble {
 public:
  using Report = std::function<void(bool good, const std::string& line)>;

  static constexpr Time kLate = 5'000'000;      // late for so long, it is told
  static constexpr Time kAskAgain = 1'000'000;  // and an answer to the question after this time is late
  static constexpr Time kRefuses = 10'000'000;  // without another refusal it is over, or nobody tries
  static constexpr Time kOnce = 4'000'000;      // the same, if only one command was refused

  // All outlive it.
  ServerTrouble(RedisLink& link, const RedisKeys& keys, Report report)
      : link_(link), keys_(keys), report_(std::move(report)) {}

  // The server has refused a command. Some errors are about the keys of a room only; those are named, and the others go
  // on. Without keys the error is about the server.
  void refused(std::string_view command, std::string_view error, std::string_view keys = {});

  // A command that was sent at `sent` has no answer in time.
  void late(Time sent);

  // The server has done a command, in time.
  void done(std::string_view command);

  // The link is down, and tells more.
  void down();

  bool is_there() const { return since_ != kNever || noted_; }
  Time since() const { return since_; }
  const std::string& line() const { return line_; }  // while it is there

  void tick(Time now);
  Time due() const;

 private:
  void tell_keys(std::string_view command, std::string_view error, std::string_view keys);
  void ask(Time now);
  void was_asked(std::string_view command, const RedisReply& reply, Time sent, Time now);
  void end();
  void forget();

  RedisLink& link_;
  const RedisKeys& keys_;
  const Report report_;
  Time since_ = kNever;  // kNever: there is none
  Time last_ = 0;        // when something was refused
  bool noted_ = false;   // something was refused in this turn
  size_t refusals_ = 0;
  bool late_ = false;
  CommandNames commands_;                                                             // that were refused
  enum class Asked : uint8_t { kNothing, kRefuses, kDoes } asked_ = Asked::kNothing;  // whether it does them
  std::string kind_;  // of the refusal, so that it is told once
  std::string line_;
  std::string told_;  // the kind that was told; it stays while nobody tries
  Time ask_at_ = kNever;
  bool asking_ = false;                           // a question has no answer yet
  std::set<std::string, std::less<>> keys_told_;  // since the connection began
};

}  // namespace lws_chat
