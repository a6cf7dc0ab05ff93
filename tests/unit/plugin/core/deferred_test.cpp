#include "core/deferred.h"

#include <memory>
#include <string>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

TEST(a_present_value_is_delivered_at_once) {
  int got = 0;
  Deferred<int>(7).then([&](int value) { got = value; });
  CHECK_EQ(got, 7);
}

TEST(a_later_value_is_delivered_once_when_it_comes) {
  Promise<std::string> promise;
  std::vector<std::string> got;
  promise.deferred().then([&](const std::string& value) { got.push_back(value); });
  CHECK(got.empty());
  promise.keep("first");
  promise.keep("second");
  CHECK_EQ(got.size(), 1u);
  CHECK_EQ(got[0], "first");
}

TEST(a_receiver_that_has_ended_is_not_called) {
  struct Owner {
    explicit Owner(int& calls) : calls_(calls) {}
    void wait(Promise<int>& promise) {
      promise.deferred().then(lifetime_, [this](int) { ++calls_; });
    }
    int& calls_;
    Lifetime lifetime_;
  };
  int calls = 0;
  Promise<int> promise;
  Promise<int> other;
  auto gone = std::make_unique<Owner>(calls);
  Owner stays(calls);
  gone->wait(promise);
  stays.wait(other);
  gone.reset();
  promise.keep(1);
  other.keep(1);
  CHECK_EQ(calls, 1);
}

TEST(a_promise_that_is_dropped_never_answers) {
  bool called = false;
  {
    Promise<int>().deferred().then([&](int) { called = true; });
  }
  CHECK(!called);
}

TEST(a_receiver_may_end_or_wait_again_when_it_is_called) {
  Promise<int> first;
  Promise<int> second;
  int sum = 0;
  auto owner = std::make_unique<Lifetime>();
  first.deferred().then(*owner, [&](int value) {
    sum += value;
    second.deferred().then([&](int more) { sum += more; });
    owner.reset();
  });
  first.keep(1);
  second.keep(10);
  CHECK_EQ(sum, 11);
}
