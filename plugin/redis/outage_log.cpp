#include "redis/outage_log.h"

#include <algorithm>
#include <utility>

namespace lws_chat {
namespace {

constexpr size_t kMostTold = 16;  // lines until it is calm

}  // namespace

void OutageLog::failed(const Fault& fault, bool was_usable) {
  if (was_usable && (fault.kind == Fault::Kind::kEnded || fault.kind == Fault::Kind::kRefuses)) {
    held_ = fault;
    return;
  }
  held_ = {};
  tell_failure(fault);
}

// A stranger sends something else each time, and a server that starts again is away in several ways.
void OutageLog::tell_failure(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::kAway:
    case Fault::Kind::kEnded: return tell(false, "away", fault.text);
    case Fault::Kind::kStrange: return tell(false, "strange", fault.text);
    case Fault::Kind::kRefuses: return tell(false, fault.text, fault.text);
  }
}

void OutageLog::works(const std::string& line) {
  if (!held_.text.empty()) tell_failure(std::exchange(held_, {}));
  tell(true, line, line);
}

void OutageLog::calm(const std::string& line) {
  told_.clear();
  if (!last_good_) tell(true, line, line);
  told_.clear();
}

// A server that comes and goes, or fails for two reasons in turns, has one line for each, and one that it works.
void OutageLog::tell(bool good, const std::string& key, const std::string& line) {
  if (!report_ || told_.size() >= kMostTold) return;
  bool is_over = good && !last_good_;
  if (!is_over && std::find(told_.begin(), told_.end(), key) != told_.end()) return;
  told_.push_back(key);
  last_good_ = good;
  report_(good, line);
}

}  // namespace lws_chat
