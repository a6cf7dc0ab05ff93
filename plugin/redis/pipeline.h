#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redis/link.h"

namespace lws_chat {

// Commands that wait for their answers, in the order in which they were given, over a connection that may end.
//
// A server that was told SCRIPT FLUSH answers NOSCRIPT. Then the answers to what is under way are kept back, and what
// comes later is not sent, until they are all there. The scripts that failed run again, in their order, and then the
// rest. So the runs of a script keep their order, and nothing overtakes them but what was under way already: another
// command, or a run that succeeded because another client gave the script to the server just then.
class Pipeline {
 public:
  using Answer = RedisLink::Answer;

  // Commands are appended to `out`.
  explicit Pipeline(std::string& out) : out_(out) {}

  void command(const std::vector<std::string_view>& words, Answer answer);
  void run(const RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer);

  // Takes the next reply of the server. Precondition: expects_reply().
  void take(RedisReply& reply, Time now);
  bool expects_reply() const { return !items_.empty(); }

  // Gives a command up that cannot be sent. answer_lost() tells.
  void refuse(Answer answer) { lost_.push_back(Lost{std::move(answer), nullptr}); }

  // The connection has ended: gives all commands up, and forgets which scripts the server has.
  void lose();

  // Tells those that were given up before the call.
  void answer_lost(const std::string& why, Time now);
  bool has_lost() const { return !lost_.empty(); }

  // Commands that wait, without those of its own.
  size_t unanswered() const { return waiting_ + lost_.size(); }

 private:
  enum class State : uint8_t { kSent, kHeld, kFailed, kAnswered };

  struct Item {
    Answer answer;                        // empty: nobody wants to know
    const RedisScript* script = nullptr;  // may be asked to run again
    size_t words = 0;                     // of the whole command, if there is a script
    std::string bytes{};                  // what follows the script's name; of a command that is held, all
    State state = State::kSent;
    std::unique_ptr<RedisReply> reply{};  // of kAnswered
  };

  struct Lost {
    Answer answer;
    std::unique_ptr<RedisReply> reply;  // came before the end
  };

  void send(Item item);
  void send_script(const Item& item, bool whole);
  void run_again();
  void hand_over_first(RedisReply& reply, Time now);
  void hand_over_kept(Time now);

  std::string& out_;
  std::deque<Item> items_;
  std::deque<Lost> lost_;
  size_t waiting_ = 0;  // items with an answer
  std::vector<const RedisScript*> loaded_;

  // While scripts have to run again: items at the front that have a reply, items at the end that were not sent.
  bool repairing_ = false;
  size_t replied_ = 0;
  size_t held_ = 0;
};

}  // namespace lws_chat
