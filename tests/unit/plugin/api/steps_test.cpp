#include "api/steps.h"

#include <string>
#include <utility>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;
using api::run_steps;

namespace {

// Steps that answer when a test says so.
struct Late {
  std::vector<Promise<std::string>> promises;
  std::string all;

  Deferred<std::string> begin() {
    promises.emplace_back();
    return promises.back().deferred();
  }
  void run(api::Steps steps) {
    Deferred<std::string> answers = run_steps(std::move(steps));
    CHECK(!answers.ready());
    answers.then([this](const std::string& late) { all = late; });
  }
  // The promise is copied first, because keeping it adds to the list.
  void answer(size_t i, const std::string& text) { Promise<std::string>(promises[i]).keep(text); }
};

}  // namespace

TEST(no_steps_have_an_empty_answer) {
  auto never = [](size_t, size_t) -> Deferred<std::string> { return std::string("step"); };
  CHECK_EQ(run_steps({0, never}).value(), "");
}

TEST(answers_are_joined_in_order_and_each_step_knows_their_size) {
  std::vector<size_t> seen;
  auto step = [&](size_t i, size_t so_far) -> Deferred<std::string> {
    seen.push_back(so_far);
    return std::to_string(i);
  };
  CHECK_EQ(run_steps({3, step}).value(), "0,1,2");
  CHECK(seen == std::vector<size_t>({0, 2, 4}));
}

TEST(a_step_starts_when_the_one_before_it_has_answered) {
  Late late;
  late.run({3, [&](size_t i, size_t) { return i == 1 ? Deferred<std::string>(std::string("now")) : late.begin(); }});
  CHECK_EQ(late.promises.size(), 1u);
  late.answer(0, "first");
  CHECK_EQ(late.promises.size(), 2u);
  CHECK_EQ(late.all, "");
  late.answer(1, "last");
  CHECK_EQ(late.all, "first,now,last");
}

TEST(steps_that_overlap_start_together) {
  Late late;
  late.run({3, [&](size_t, size_t) { return late.begin(); }, [](size_t) { return true; }});
  CHECK_EQ(late.promises.size(), 3u);
  late.answer(2, "c");
  late.answer(0, "a");
  CHECK_EQ(late.all, "");
  late.answer(1, "b");
  CHECK_EQ(late.all, "a,b,c");
}

TEST(a_step_that_does_not_overlap_waits_for_all_before_it_and_those_behind_it_wait_for_it) {
  Late late;
  late.run({4, [&](size_t, size_t) { return late.begin(); }, [](size_t i) { return i != 2; }});
  CHECK_EQ(late.promises.size(), 2u);
  late.answer(1, "b");
  CHECK_EQ(late.promises.size(), 2u);
  late.answer(0, "a");
  CHECK_EQ(late.promises.size(), 3u);
  late.answer(2, "c");
  CHECK_EQ(late.promises.size(), 4u);
  late.answer(3, "d");
  CHECK_EQ(late.all, "a,b,c,d");
}
