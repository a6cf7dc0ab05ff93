#pragma once

#include <functional>
#include <string>
#include <vector>

#include "redis/fault.h"

namespace lws_chat {

// What the log says about one server: a line with the reason when it cannot be used, and one when it can be used again.
// An outage has another line only if the server refuses something else, or begins to do what no server does.
class OutageLog {
 public:
  // Gets the lines: `good` or not.
  using Report = std::function<void(bool good, const std::string& line)>;

  explicit OutageLog(Report report) : report_(std::move(report)) {}

  // The text of the fault is a whole line. A server that was usable until now, and ended the connection or refused
  // something, tells more at the next attempt: so the line waits for that.
  void failed(const Fault& fault, bool was_usable);

  void works(const std::string& line);

  // It has worked for a while: what comes now is another outage.
  void calm(const std::string& line);

 private:
  void tell(bool good, const std::string& key, const std::string& line);
  void tell_failure(const Fault& fault);

  const Report report_;
  Fault held_{};  // without a text: there is none
  std::vector<std::string> told_;
  bool last_good_ = true;
};

}  // namespace lws_chat
