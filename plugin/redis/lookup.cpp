#include "redis/lookup.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

namespace lws_chat {
namespace {

// Starts a thread that nobody waits for, and that gets no signals: they are for the other threads of the process.
template <typename Body>
void start_thread(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(std::move(body)).detach();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

struct Lookup::Query {
  std::string host;
  Result result;  // the thread's until `finished`
  std::atomic<bool> finished{false};
};

Lookup::Lookup(std::shared_ptr<PollerWaker> waker) : waker_(std::move(waker)) {}

Lookup::~Lookup() = default;

std::unique_ptr<Lookup::Result> Lookup::look_up(const std::string& host) {
  auto place = std::find_if(queries_.begin(), queries_.end(), [&](const auto& query) { return query->host == host; });
  if (place == queries_.end()) {
    start(host);
    return nullptr;
  }
  if (!(*place)->finished) return nullptr;
  auto result = std::make_unique<Result>(std::move((*place)->result));
  queries_.erase(place);
  return result;
}

void Lookup::start(const std::string& host) {
  auto query = std::make_shared<Query>();
  query->host = host;
  queries_.push_back(query);
  auto search = [query, waker = waker_] {
    try {
      query->result.problem = find_addresses(query->host, query->result.addresses);
    } catch (const std::bad_alloc&) {
      query->result.problem = "no memory";
    }
    query->finished = true;
    waker->wake();
  };
  try {
    start_thread(std::move(search));
  } catch (const std::system_error& error) {
    query->result.problem = error.what();
    query->finished = true;
    waker_->wake();
  }
}

}  // namespace lws_chat
