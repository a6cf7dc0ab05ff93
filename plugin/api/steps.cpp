#include "api/steps.h"

#include <memory>
#include <utility>

namespace lws_chat::api {
namespace {

// Lives as long as a step that it waits for.
class Steps : public std::enable_shared_from_this<Steps> {
 public:
  Steps(size_t count, Step step) : count_(count), step_(std::move(step)) {}

  Deferred<std::string> run() {
    if (proceed()) return std::move(answers_);
    return promise_.deferred();
  }

 private:
  // Returns true when all steps are done, false if it waits for one.
  bool proceed() {
    while (next_ < count_) {
      Deferred<std::string> answer = step_(next_++, answers_);
      if (!answer.ready()) {
        answer.then([self = shared_from_this()](const std::string& late) {
          self->add(late);
          if (self->proceed()) self->promise_.keep(self->answers_);
        });
        return false;
      }
      add(answer.value());
    }
    return true;
  }

  void add(const std::string& answer) {
    if (!answers_.empty()) answers_ += ',';
    answers_ += answer;
  }

  size_t count_;
  Step step_;
  size_t next_ = 0;
  std::string answers_;
  Promise<std::string> promise_;
};

}  // namespace

Deferred<std::string> run_steps(size_t count, Step step) {
  return std::make_shared<Steps>(count, std::move(step))->run();
}

}  // namespace lws_chat::api
