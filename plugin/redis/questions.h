#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "redis/link.h"

namespace lws_chat {

// Who waits for answers of one server, in the order of the questions.
class Questions {
 public:
  // What the answer sets.
  using Answered = std::shared_ptr<bool>;

  // The link outlives it.
  Questions(const RedisLink& link, Time patience) : link_(link), patience_(patience) {}

  // `give_up` is called if there is no answer in time. Time kNever: it counts from the next tick.
  Answered ask(Time now, std::function<void()> give_up);

  void tick(Time now);
  Time due() const;
  bool empty() const { return questions_.empty(); }

 private:
  struct Question {
    RedisLink::Wait wait;
    std::function<void()> give_up;
    Answered answered;
  };

  bool is_over(const Question& question, Time now) const {
    return *question.answered || link_.end_of(question.wait) <= now;
  }

  const RedisLink& link_;
  const Time patience_;
  std::deque<Question> questions_;
};

}  // namespace lws_chat
