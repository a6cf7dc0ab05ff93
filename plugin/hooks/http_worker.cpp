#include "hooks/http_worker.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <new>
#include <utility>

namespace lws_chat {
namespace {

constexpr size_t kMostIdle = 64;          // easy handles, about 10 KB each
constexpr long kMostKept = 256;           // idle connections, of all servers
constexpr int kIdleMilliseconds = 60000;  // put() and the destructor wake the thread before

CURLM* new_multi() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (!multi) throw std::bad_alloc();
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kMostKept);
  return multi;
}

// Signals are for the other threads of the process. The threads that look names up inherit this.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

}  // namespace

HttpWorker::HttpWorker(const HttpCaller::Settings& settings, std::function<void()> wake)
    : settings_(settings), wake_(std::move(wake)), multi_(nullptr) {
  std::unique_ptr<CURLM, MultiCleanup> multi(new_multi());
  multi_ = multi.get();
  BlockedSignals blocked;
  thread_ = std::thread([this] { run(); });
  (void)multi.release();  // multi_ has it
}

HttpWorker::~HttpWorker() {
  {
    std::lock_guard<std::mutex> lock(lock_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

void HttpWorker::put(List& transfer) {
  {
    std::lock_guard<std::mutex> lock(lock_);
    arrived_.splice(arrived_.end(), transfer);
  }
  curl_multi_wakeup(multi_);
}

bool HttpWorker::take_finished(List& taken) {
  std::lock_guard<std::mutex> lock(lock_);
  woken_ = false;
  if (to_take_.empty()) return false;
  taken.splice(taken.end(), to_take_, to_take_.begin());
  return true;
}

void HttpWorker::run() {
  while (take_arrived()) {
    try {
      turn();
    } catch (const std::bad_alloc&) {
      // Every call is still in one of the lists: the next turn goes on with it.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    hand_over();
    curl_multi_poll(multi_, nullptr, 0, milliseconds_to_wait(), nullptr);
  }
  abort_all();
}

bool HttpWorker::take_arrived() {
  std::lock_guard<std::mutex> lock(lock_);
  sorting_.splice(sorting_.end(), arrived_);
  return !stopping_;
}

void HttpWorker::turn() {
  while (!sorting_.empty()) {
    auto [place, is_new] = servers_.try_emplace(sorting_.front().server());
    Server& server = place->second;
    if (is_new) server.allowed = settings_.most_connections;
    server.waiting.splice(server.waiting.end(), sorting_, sorting_.begin());
  }
  int running = 0;
  curl_multi_perform(multi_, &running);
  collect_finished();
  for (auto& [name, server] : servers_) start_waiting(server, Clock::now());
}

void HttpWorker::start_waiting(Server& server, Clock::time_point now) {
  for (auto next = server.waiting.begin(); next != server.waiting.end();) {
    auto transfer = next++;
    if (transfer->deadline() > now) continue;
    transfer->fail_by_time();
    finished_.splice(finished_.end(), server.waiting, transfer);
  }
  while (!server.waiting.empty() && server.running.size() < server.allowed) start(server);
}

// Starts the first that waits. If it cannot be started, it has failed.
void HttpWorker::start(Server& server) {
  auto transfer = server.waiting.begin();
  CURL* easy = idle_.empty() ? curl_easy_init() : idle_.back();
  if (!idle_.empty()) idle_.pop_back();
  transfer->place = transfer;
  if (easy && transfer->prepare(easy, settings_.ca_file) && curl_multi_add_handle(multi_, easy) == CURLM_OK) {
    server.running.splice(server.running.end(), server.waiting, transfer);
    return;
  }
  if (easy) curl_easy_cleanup(easy);
  transfer->fail(HttpFailure::kFailed, "no memory for the request");
  finished_.splice(finished_.end(), server.waiting, transfer);
}

void HttpWorker::collect_finished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    // NOLINTNEXTLINE(bugprone-casting-through-void): prepare() has put it there
    finish(*static_cast<HttpTransfer*>(static_cast<void*>(transfer)), message->data.result);
  }
}

void HttpWorker::finish(HttpTransfer& transfer, CURLcode result) {
  Server& server = servers_[transfer.server()];
  CURL* easy = transfer.easy();
  transfer.finish(result);
  curl_multi_remove_handle(multi_, easy);
  server.allowed = transfer.unresolved() ? 1 : settings_.most_connections;
  if (idle_.size() < kMostIdle) {
    curl_easy_reset(easy);
    idle_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
  finished_.splice(finished_.end(), server.running, transfer.place);
}

void HttpWorker::hand_over() {
  if (finished_.empty()) return;
  bool wake = false;
  {
    std::lock_guard<std::mutex> lock(lock_);
    to_take_.splice(to_take_.end(), finished_);
    wake = !std::exchange(woken_, true);
  }
  if (wake) wake_();
}

int HttpWorker::milliseconds_to_wait() const {
  Clock::time_point now = Clock::now();
  Clock::time_point next = now + std::chrono::milliseconds(kIdleMilliseconds);
  if (!sorting_.empty()) return 1;
  for (const auto& [name, server] : servers_)
    for (const HttpTransfer& transfer : server.waiting) next = std::min(next, transfer.deadline());
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - now).count();
  return static_cast<int>(std::max<long long>(0, left)) + 1;
}

void HttpWorker::abort_all() {
  for (auto& [name, server] : servers_)
    for (HttpTransfer& transfer : server.running) {
      curl_multi_remove_handle(multi_, transfer.easy());
      curl_easy_cleanup(transfer.easy());
    }
}

}  // namespace lws_chat
