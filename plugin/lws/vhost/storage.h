#pragma once

#include <libwebsockets.h>

#include <atomic>
#include <memory>
#include <string>

#include "config/options.h"
#include "core/journal.h"
#include "core/records.h"
#include "core/store_counters.h"
#include "lws/timer.h"

namespace lws_chat {

class SqliteStore;

// The file of a hub's durable rooms, on lws's event loop. Without the option `storage` it is nothing.
class Storage {
 public:
  // Opens the file. The name is that of a vhost of the hub, for the log.
  Storage(lws_context* context, const StorageSettings& settings, const HubSettings& rooms, std::string vhost_name);

  // Writes what waits. The hub is gone by then.
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Why the file cannot be used, in one line. Empty: it can, or there is none.
  const std::string& problem() const { return problem_; }

  // What the hub works with; nullptr: there is no file.
  Journal* journal();
  Records* records();

  // For EVENT_WAIT_CANCELLED: goes on with what was written and read since.
  void woken();

  // Why nothing can be written now. Empty: it can.
  const std::string& failure() const { return failure_; }

  // nullptr: there is no file.
  const StoreCounters* counters() const;

 private:
  void report(bool failing, bool damaged, const std::string& line);

  void watch();

  std::string path_;
  std::string vhost_name_;
  std::string problem_;
  std::string failure_;
  std::atomic<bool> calls_{false};  // the store has something for the loop
  std::unique_ptr<SqliteStore> store_;
  Timer timer_;
  bool watching_ = false;  // the timer is set
};

}  // namespace lws_chat
