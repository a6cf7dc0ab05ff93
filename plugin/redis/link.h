#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/message.h"
#include "redis/reply.h"

namespace lws_chat {

// A Lua script that a Redis server runs, and the name under which the server keeps it. It outlives the links.
struct RedisScript {
  std::string source;
  std::string sha1;  // of the source, see sha1_hex()
};

// A Redis server, as the rest of this layer sees it: commands, and messages of channels. Everything happens on the
// thread of the event loop. Nothing is called back within a call.
class RedisLink {
 public:
  using Answer = std::function<void(const RedisReply& reply, Time now)>;

  // What is known about the server while the link is up.
  struct Server {
    std::string run_id;      // another one after each start
    std::string address;     // at which this node finds it
    bool keeps_log = false;  // it has an append-only file, so that a restart loses nothing but what the disk lost
    bool promoted = false;   // it was a replica, so that it may lack the last messages of the server before it
  };

  class Listener {
   public:
    // Commands and subscriptions work. Nothing is subscribed.
    virtual void up(Time now) = 0;

    // Commands that had no answer have been answered kLost, and nothing is subscribed any more.
    virtual void down(std::string_view why, Time now) = 0;

    // The connection for messages was lost, and is there again. Commands work all the time. Nothing is subscribed.
    virtual void deaf(Time now) = 0;
    virtual void hears(Time now) = 0;

    // The server has confirmed a subscription: from now on each message of the channel comes.
    virtual void subscribed(std::string_view channel, Time now) = 0;
    virtual void message(std::string_view channel, std::string_view payload, Time now) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~RedisLink() = default;

  // Called once, before anything else.
  virtual void attach(Listener& listener) = 0;

  virtual bool is_up() const = 0;

  // Messages come, too, so that channels can be subscribed.
  virtual bool hears() const { return is_up(); }
  virtual const Server& server() const = 0;

  // The server in a line for an administrator, at its beginning.
  virtual std::string name() const { return "Redis at " + server().address; }

  // Why the server cannot be used, or sends no messages, in one line that says what to do; empty: it can, or the link
  // tries for the first time. A link that comes up and goes down again and again has its problem all the time.
  virtual const std::string& problem() const = 0;

  // For how long the server has been down, or has owed an answer and sent nothing: as of the last turn of the loop, so
  // that a node that did nothing itself does not blame the server.
  virtual Time silence() const { return 0; }

  // A server that is silent for so long is not asked: whoever asks is refused at once.
  static constexpr Time kSilent = 1'000'000;
  bool answers() const { return is_up() && silence() < kSilent; }

  // Returns how long to wait for an answer instead of `patience`. Its first second counts from when the silence began:
  // so questions that follow each other do not each wait for one. 0: do not ask.
  Time left_of(Time patience) const { return patience - std::min({patience, silence(), kSilent}); }

  // Sends a command. An empty `answer` is fine. Answers come in the order of the commands. What is sent in one turn of
  // the loop leaves together.
  virtual void command(const std::vector<std::string_view>& words, Answer answer) = 0;

  // Runs a script. A server that does not have it is given it. See Pipeline about the order when somebody makes a
  // server forget its scripts.
  virtual void run(const RedisScript& script, const std::vector<std::string_view>& keys,
                   const std::vector<std::string_view>& arguments, Answer answer) = 0;

  // Does nothing if the link is down. Each subscribe() of a channel is confirmed by a call of subscribed(), also if the
  // channel is unsubscribed before that.
  virtual void subscribe(const std::vector<std::string_view>& channels) = 0;
  virtual void unsubscribe(const std::vector<std::string_view>& channels) = 0;

  // Times that the server could not be used: attempts that failed, and connections that were lost or given up.
  virtual uint64_t failures() const { return 0; }

  // Number of commands that wait for their answers.
  virtual size_t unanswered() const = 0;
};

}  // namespace lws_chat
