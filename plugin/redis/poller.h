#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/log/message.h"

namespace lws_chat {

// Wakes a Poller from any thread, also after the Poller is gone.
class PollerWaker {
 public:
  PollerWaker();
  ~PollerWaker();
  PollerWaker(const PollerWaker&) = delete;
  PollerWaker& operator=(const PollerWaker&) = delete;

  void wake() const;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;  // of an eventfd, whose number nobody reads: each write is an event
};

// The sockets of all links behind one descriptor. An owner's event loop watches descriptor() for reading, and calls
// run() when it is readable or when due() has come. Links call their owners back only within run(). due() becomes
// earlier outside of run() only if descriptor() is readable, too.
class Poller {
 public:
  // Something with sockets and times.
  class Watched {
   public:
    // A socket of it can be read or written, or failed; or it asked for another turn.
    virtual void ready(Time now) = 0;

    // due() has come, or somebody woke the poller.
    virtual void tick(Time now) = 0;
    virtual Time due() const = 0;

    // Sends what calls since the last run() left to be sent. Called last in each run().
    virtual void flush(Time now) = 0;

   protected:
    ~Watched() = default;
  };

  // How a socket is watched.
  enum class Interest : uint8_t { kRead, kReadAndWrite };

  // Throws std::system_error if the system has no descriptors.
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  int descriptor() const { return descriptor_; }

  // Serves what is ready for a few milliseconds. What remains makes descriptor() readable again. Does nothing within
  // run().
  void run(Time now);

  // When to call run() at the latest; 0: at once.
  Time due() const;

  // For links and their parts:

  void add(Watched& watched);
  void remove(Watched& watched);  // not within ready() and tick() of another one

  // Watches a socket until it is closed. Throws std::system_error if the system has no memory for it.
  void watch(int socket, Watched& watched, Interest interest);
  void change(int socket, Watched& watched, Interest interest);

  // Asks for a run() at once, so that there is a tick() and a flush().
  void ask_for_run();

  // Asks for a flush(): the next one of this run(), or a run() at once.
  void ask_for_flush();

  // Asks for ready() of `watched` in another run() at once.
  void ask_for_turn(Watched& watched);

  const std::shared_ptr<PollerWaker>& waker() const { return waker_; }

  // A turn of one of those that are ready ends when over() is true. They share a few milliseconds.
  class Slice {
   public:
    explicit Slice(const Poller& poller);
    bool over() const;

   private:
    int64_t end_;  // nanoseconds of the system's steady clock
  };

 private:
  bool serve(Time now);
  void run_parts(Time now);

  int descriptor_;
  std::shared_ptr<PollerWaker> waker_;
  std::vector<Watched*> all_;
  std::vector<Watched*> ready_;       // in a run
  std::vector<Watched*> unfinished_;  // want another turn
  bool run_wanted_ = false;
  bool flush_follows_ = false;
  bool running_ = false;
};

}  // namespace lws_chat
