#include "lws/vhost/back_ends.h"

#include "lws/vhost/shared_hub.h"

namespace lws_chat {

std::string BackEnds::read_keys() {
  const std::string& path = options_.api_key_file;
  if (path.empty()) return "";
  std::string problem = keys_.load(path);
  return problem.empty() ? "" : "api-key-file " + path + ": " + problem;
}

ServerApi BackEnds::api() { return hub_->api(options_); }

}  // namespace lws_chat
