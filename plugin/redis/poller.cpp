#include "redis/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace lws_chat {
namespace {

constexpr int64_t kTurnNanoseconds = 4'000'000;      // of all together
constexpr int64_t kLeastSliceNanoseconds = 500'000;  // of each
constexpr int kMostEvents = 64;

int64_t nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor;
}

epoll_event event_of(Poller::Watched& watched, Poller::Interest interest) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (interest == Poller::Interest::kReadAndWrite) event.events |= EPOLLOUT;
  event.data.ptr = &watched;
  return event;
}

}  // namespace

PollerWaker::PollerWaker() : descriptor_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

PollerWaker::~PollerWaker() { close(descriptor_); }

void PollerWaker::wake() const {
  uint64_t one = 1;
  (void)!write(descriptor_, &one, sizeof one);  // it fails only after 2^64 - 2 events
}

Poller::Poller() : descriptor_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  try {
    waker_ = std::make_shared<PollerWaker>();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    checked(epoll_ctl(descriptor_, EPOLL_CTL_ADD, waker_->descriptor(), &event), "epoll_ctl");
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

Poller::~Poller() { close(descriptor_); }

void Poller::run(Time now) {
  if (running_) return;
  running_ = true;
  try {
    run_parts(now);
  } catch (...) {
    running_ = flush_follows_ = false;
    ask_for_run();
    throw;
  }
  running_ = false;
}

void Poller::run_parts(Time now) {
  run_wanted_ = false;
  flush_follows_ = true;
  bool woken = serve(now);
  for (size_t i = 0; i < all_.size(); ++i)
    if (woken || all_[i]->due() <= now) all_[i]->tick(now);
  flush_follows_ = false;
  for (size_t i = 0; i < all_.size(); ++i) all_[i]->flush(now);
}

// Returns true if somebody woke the poller.
bool Poller::serve(Time now) {
  epoll_event events[kMostEvents];
  int count = epoll_wait(descriptor_, events, kMostEvents, 0);
  ready_.clear();
  ready_.swap(unfinished_);
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    auto* watched = static_cast<Watched*>(events[i].data.ptr);
    if (!watched) woken = true;
    if (watched && std::find(ready_.begin(), ready_.end(), watched) == ready_.end()) ready_.push_back(watched);
  }
  size_t next = 0;
  try {
    while (next < ready_.size()) ready_[next++]->ready(now);
  } catch (...) {
    while (next < ready_.size()) ask_for_turn(*ready_[next++]);
    throw;
  }
  return woken;
}

Time Poller::due() const {
  if (run_wanted_) return 0;
  Time due = kNever;
  for (const Watched* watched : all_) due = std::min(due, watched->due());
  return due;
}

void Poller::add(Watched& watched) {
  // So that run() needs no memory.
  ready_.reserve(all_.size() + 1);
  unfinished_.reserve(all_.size() + 1);
  all_.push_back(&watched);
}

void Poller::remove(Watched& watched) {
  all_.erase(std::remove(all_.begin(), all_.end(), &watched), all_.end());
  unfinished_.erase(std::remove(unfinished_.begin(), unfinished_.end(), &watched), unfinished_.end());
}

void Poller::watch(int socket, Watched& watched, Interest interest) {
  epoll_event event = event_of(watched, interest);
  checked(epoll_ctl(descriptor_, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
}

void Poller::change(int socket, Watched& watched, Interest interest) {
  epoll_event event = event_of(watched, interest);
  checked(epoll_ctl(descriptor_, EPOLL_CTL_MOD, socket, &event), "epoll_ctl");
}

void Poller::ask_for_run() {
  if (std::exchange(run_wanted_, true)) return;
  waker_->wake();
}

void Poller::ask_for_flush() {
  if (!flush_follows_) ask_for_run();
}

void Poller::ask_for_turn(Watched& watched) {
  if (std::find(unfinished_.begin(), unfinished_.end(), &watched) == unfinished_.end()) unfinished_.push_back(&watched);
  ask_for_run();
}

Poller::Slice::Slice(const Poller& poller) {
  auto sharing = static_cast<int64_t>(std::max<size_t>(poller.all_.size(), 1));
  end_ = nanoseconds() + std::max(kTurnNanoseconds / sharing, kLeastSliceNanoseconds);
}

bool Poller::Slice::over() const { return nanoseconds() >= end_; }

}  // namespace lws_chat
