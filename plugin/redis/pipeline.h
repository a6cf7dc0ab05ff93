#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
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
//
// A call that throws std::bad_alloc has changed nothing.
class Pipeline {
 public:
  using Answer = RedisLink::Answer;

  // Commands are appended to `out`.
  explicit Pipeline(std::string& out) : out_(out) {}

  void command(const std::vector<std::string_view>& words, Answer answer);
  void run(const RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer);

  // Bytes of answers that may be kept back.
  static constexpr size_t kMostKept = size_t{128} * 1024 * 1024;

  // Takes the next reply of the server, and tells what comes out. Precondition: expects_reply(). Returns false if there
  // is no memory to go on, or not for so much: lose() is all that remains. Passes on what an answer throws; then it can
  // go on.
  [[nodiscard]] bool take(RedisReply& reply, Time now);
  bool expects_reply() const { return !items_.empty(); }

  // Gives a command up that cannot be sent. answer_lost() tells.
  void refuse(Answer answer);

  // The connection has ended: gives all commands up, and forgets which scripts the server has.
  void lose() noexcept;

  // Tells those that were given up before the call.
  void answer_lost(const std::string& why, Time now);
  bool has_lost() const { return !lost_.empty(); }

  // Commands that wait, without those of its own.
  size_t unanswered() const { return waiting_; }

  // All commands so far, and those that need nothing more from the server. They are in the same order.
  uint64_t taken() const { return taken_; }
  uint64_t done() const { return taken_ - items_.size(); }

  // Answers so far that somebody wanted to know.
  uint64_t answered() const { return answered_; }

 private:
  enum class State : uint8_t { kSent, kHeld, kFailed, kAnswered };

  struct Item {
    Answer answer;                        // empty: nobody wants to know
    const RedisScript* script = nullptr;  // may be asked to run again
    size_t words = 0;                     // of a script's command
    std::string bytes{};                  // of a script's command what follows its name; of a held one all
    State state = State::kSent;
    std::unique_ptr<RedisReply> reply{};  // of kAnswered
  };
  using Items = std::list<Item>;

  void add(Items& added);
  void send_script(Items& added);
  bool append_load(const RedisScript& script);
  void append_run(const Item& item, bool whole);
  void run_again();
  void hand_over_first(RedisReply& reply, Time now);
  void hand_over_kept(Time now);

  std::string& out_;
  Items items_;
  Items lost_;
  size_t waiting_ = 0;  // items with an answer
  uint64_t taken_ = 0;
  uint64_t answered_ = 0;
  size_t kept_ = 0;  // bytes of answers that are kept back
  std::vector<const RedisScript*> loaded_;

  bool repairing_ = false;    // scripts have to run again
  Items::iterator expected_;  // while repairing: the item whose reply is next
};

}  // namespace lws_chat
