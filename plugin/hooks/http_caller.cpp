#include "hooks/http_caller.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "hooks/http_worker.h"

namespace lws_chat {
namespace {

HttpReply refused(HttpFailure failure, std::string problem) {
  HttpReply reply;
  reply.failure = failure;
  reply.problem = std::move(problem);
  return reply;
}

// curl sends them as they are.
bool is_one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

HttpCaller::HttpCaller(std::function<void()> wake, Settings settings)
    : settings_(std::move(settings)), wake_(std::move(wake)) {}

HttpCaller::~HttpCaller() = default;

Deferred<HttpReply> HttpCaller::call(HttpCall call) {
  if (waiting() >= settings_.most_waiting)
    return refused(HttpFailure::kTooMany, std::to_string(waiting()) + " calls wait for a reply already");
  if (waiting() > 0 && bytes_waiting_ + call.body.size() > settings_.most_bytes_waiting)
    return refused(HttpFailure::kTooMany, "calls with " + std::to_string(bytes_waiting_) + " bytes wait already");
  if (!std::all_of(call.headers.begin(), call.headers.end(), is_one_line))
    return refused(HttpFailure::kFailed, "a header with a line break");
  try {
    if (!worker_) worker_ = std::make_unique<HttpWorker>(settings_, wake_);
  } catch (const std::system_error& error) {
    return refused(HttpFailure::kFailed, std::string("no thread for calls: ") + error.what());
  }
  HttpTransfer::List transfer;
  size_t bytes = call.body.size();
  transfer.emplace_back(++last_id_, std::move(call));
  Waiting& waiting = waiting_[last_id_];
  waiting.bytes = bytes;
  bytes_waiting_ += bytes;
  worker_->put(transfer);
  return waiting.promise.deferred();
}

// One after another: if a callback throws, the others are delivered the next time. Calls that callbacks make have to
// wait until then, too.
void HttpCaller::deliver() {
  if (!worker_) return;
  HttpTransfer::List taken;
  for (size_t most = waiting(); most > 0 && worker_->take_finished(taken); --most) {
    auto place = waiting_.find(taken.front().id());
    Promise<HttpReply> promise = std::move(place->second.promise);
    bytes_waiting_ -= place->second.bytes;
    waiting_.erase(place);
    try {
      promise.keep(taken.front().reply());
    } catch (...) {
      // The next ones are delivered in another turn of the loop.
      wake_();
      throw;
    }
    taken.clear();
  }
}

}  // namespace lws_chat
