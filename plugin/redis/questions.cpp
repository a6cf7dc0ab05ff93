#include "redis/questions.h"

namespace lws_chat {

Questions::Answered Questions::ask(Time now, std::function<void()> give_up) {
  RedisLink::Wait wait = now == kNever ? RedisLink::Wait{patience_, kNever, kNever} : link_.wait(patience_, now);
  Answered answered = std::make_shared<bool>(false);
  questions_.push_back({wait, std::move(give_up), answered});
  return answered;
}

void Questions::tick(Time now) {
  for (auto question = questions_.rbegin(); question != questions_.rend() && question->wait.until == kNever; ++question)
    question->wait = link_.wait(patience_, now);
  while (!questions_.empty() && is_over(questions_.front(), now)) {
    Question question = std::move(questions_.front());
    questions_.pop_front();
    if (!*question.answered) question.give_up();
  }
}

// One without a date stands behind the others.
Time Questions::due() const { return questions_.empty() ? kNever : link_.end_of(questions_.front().wait); }

}  // namespace lws_chat
