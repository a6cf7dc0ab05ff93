#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

// A value that is there now or comes in a later turn of the event loop. Everything happens on one thread.
//
// A function that may have to wait returns a Deferred. In the common case the value is there, and nothing is
// allocated. Otherwise the function keeps a Promise and keeps the promise later; a promise that is dropped never
// answers.
//
//     hub.publish(grant, publication, now).then(lifetime_, [this](const Published& result) { reply(result); });
namespace lws_chat {

template <typename T>
class Promise;

// Lets a callback find out that the object that wanted it is gone: the object has one as a member.
class Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // Expires with the object. Made when it is first needed: most objects never wait.
  std::weak_ptr<const void> watch() const {
    if (!token_) token_ = std::make_shared<char>();
    return token_;
  }

  // No callback that waits is called any more.
  void end() { token_.reset(); }

 private:
  mutable std::shared_ptr<const void> token_;
};

template <typename T>
class [[nodiscard]] Deferred {
 public:
  using Value = T;

  Deferred(T value) : value_(std::move(value)) {}  // NOLINT: a value is a deferred one that is there

  bool ready() const { return value_.has_value(); }

  // Precondition: ready().
  const T& value() const { return *value_; }

  // Calls `done` with the value: at once if it is there, else when it comes. Does not call it if `owner` has ended by
  // then.
  template <typename Done>
  void then(const Lifetime& owner, Done&& done) {
    if (value_) return done(*value_);
    state_->done = [alive = owner.watch(), done = std::forward<Done>(done)](const T& value) mutable {
      if (!alive.expired()) done(value);
    };
  }

  // The same for callers that outlive every promise.
  template <typename Done>
  void then(Done&& done) {
    if (value_) return done(*value_);
    state_->done = std::forward<Done>(done);
  }

  // Returns a deferred whose value is changed by `change`, now or when it comes.
  template <typename Change>
  auto map(Change&& change) -> Deferred<decltype(change(std::declval<const T&>()))> {
    using Changed = decltype(change(std::declval<const T&>()));
    if (value_) return change(*value_);
    Promise<Changed> promise;
    then([promise, change = std::forward<Change>(change)](const T& value) mutable { promise.keep(change(value)); });
    return promise.deferred();
  }

  // Returns what `ask` answers to the value, now or later: a question behind a question.
  template <typename Ask>
  auto follow(Ask&& ask) -> decltype(ask(std::declval<const T&>())) {
    using Answer = typename decltype(ask(std::declval<const T&>()))::Value;
    if (value_) return ask(*value_);
    Promise<Answer> promise;
    then([promise, ask = std::forward<Ask>(ask)](const T& value) mutable {
      ask(value).then([promise](const Answer& answer) mutable { promise.keep(answer); });
    });
    return promise.deferred();
  }

 private:
  friend class Promise<T>;
  struct State {
    std::function<void(const T&)> done;
  };

  explicit Deferred(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::optional<T> value_;
  std::shared_ptr<State> state_;
};

// The side that gives the value. Copies mean the same promise, so that a std::function can hold one.
template <typename T>
class Promise {
 public:
  Promise() : state_(std::make_shared<typename Deferred<T>::State>()) {}

  // Returns the other side. Call this once.
  Deferred<T> deferred() { return Deferred<T>(state_); }

  // Calls the callback that waits. Only the first call counts.
  void keep(const T& value) {
    if (auto done = std::exchange(state_->done, nullptr)) done(value);
  }

 private:
  std::shared_ptr<typename Deferred<T>::State> state_;
};

}  // namespace lws_chat
