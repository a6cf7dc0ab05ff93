#include "api/steps.h"

#include <utility>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;
using api::run_steps;

TEST(no_steps_have_an_empty_answer) {
  auto never = [](size_t, const std::string&) -> Deferred<std::string> { return std::string("step"); };
  CHECK_EQ(run_steps(0, never).value(), "");
}

TEST(answers_are_joined_in_order_and_each_step_sees_those_before_it) {
  std::vector<std::string> seen;
  auto step = [&](size_t i, const std::string& so_far) -> Deferred<std::string> {
    seen.push_back(so_far);
    return std::to_string(i);
  };
  CHECK_EQ(run_steps(3, step).value(), "0,1,2");
  CHECK(seen == std::vector<std::string>({"", "0", "0,1"}));
}

TEST(a_step_starts_when_the_one_before_it_has_answered) {
  std::vector<Promise<std::string>> promises;
  auto step = [&](size_t i, const std::string&) -> Deferred<std::string> {
    if (i == 1) return std::string("now");
    promises.emplace_back();
    return promises.back().deferred();
  };
  std::string all;
  Deferred<std::string> answers = run_steps(3, step);
  CHECK(!answers.ready());
  answers.then([&](const std::string& late) { all = late; });
  CHECK_EQ(promises.size(), 1u);
  // A promise is copied first, because keeping it adds to the list.
  Promise<std::string>(promises[0]).keep("first");
  CHECK_EQ(promises.size(), 2u);
  CHECK_EQ(all, "");
  Promise<std::string>(promises[1]).keep("last");
  CHECK_EQ(all, "first,now,last");
}
