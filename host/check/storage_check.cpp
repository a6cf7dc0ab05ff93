#include "host/check/storage_check.h"

#include "host/check/lws_keys.h"
#include "host/check/path_check.h"
#include "sqlite/storage.h"

namespace lws_chat {

void check_storage(ConfigFile& file, const cJSON* protocol, const Options& options) {
  const cJSON* value = member(protocol, "storage");
  if (!options.storage.on() || !check_path(file, value, options.storage.path)) return;
  std::string problem = storage_check(options.storage.path);
  if (!problem.empty()) return file.error_at_value(value, problem);
  if (!has_durable_rooms(options))
    file.warn_at_value(value, std::string("no room is durable, so it keeps no messages: ") +
                                  (options.redis.on() ? "the rooms are in Redis; \"broker\": \"local\" keeps them here"
                                                      : "durable or history-size is 0 everywhere"));
}

}  // namespace lws_chat
