#include "api/steps.h"

#include <memory>
#include <utility>
#include <vector>

namespace lws_chat::api {
namespace {

// Lives as long as a step that it waits for.
class StepsUnderWay : public std::enable_shared_from_this<StepsUnderWay> {
 public:
  explicit StepsUnderWay(Steps steps) : steps_(std::move(steps)), answers_(steps_.count) {}

  Deferred<std::string> run() {
    proceed();
    if (is_done()) return joined();
    return promise_.deferred();
  }

 private:
  bool is_done() const { return next_ == steps_.count && waits_ == 0; }
  bool overlaps(size_t i) const { return steps_.overlaps && steps_.overlaps(i); }

  // All that are under way overlap, or there is only one.
  bool may_begin() const { return waits_ == 0 || (overlaps(next_ - 1) && overlaps(next_)); }

  void proceed() {
    while (next_ < steps_.count && may_begin()) {
      size_t i = next_++;
      Deferred<std::string> answer = steps_.run(i, bytes_);
      if (answer.ready()) {
        keep(i, answer.value());
        continue;
      }
      ++waits_;
      answer.then([self = shared_from_this(), i](const std::string& late) {
        --self->waits_;
        self->keep(i, late);
        self->proceed();
        if (self->is_done()) self->promise_.keep(self->joined());
      });
    }
  }

  void keep(size_t i, const std::string& answer) {
    answers_[i] = answer;
    bytes_ += answer.size() + 1;
  }

  std::string joined() const {
    std::string all;
    all.reserve(bytes_);
    for (const std::string& answer : answers_) all.append(all.empty() ? "" : ",").append(answer);
    return all;
  }

  const Steps steps_;
  std::vector<std::string> answers_;
  size_t next_ = 0;
  size_t waits_ = 0;  // steps that are under way
  size_t bytes_ = 0;  // of the answers, with commas
  Promise<std::string> promise_;
};

}  // namespace

Deferred<std::string> run_steps(Steps steps) { return std::make_shared<StepsUnderWay>(std::move(steps))->run(); }

}  // namespace lws_chat::api
