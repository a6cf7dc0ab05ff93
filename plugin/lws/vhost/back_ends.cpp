#include "lws/vhost/back_ends.h"

#include <unistd.h>

#include "lws/clock.h"
#include "lws/vhost/shared_hub.h"

namespace lws_chat {

std::string BackEnds::read_keys() {
  const std::string& path = options_.api_key_file;
  if (path.empty()) return "";
  std::string problem = keys_.load(path);
  return problem.empty() ? "" : "api-key-file " + path + ": " + problem;
}

void BackEnds::serve(SharedHub& hub, const std::string& vhost_name) {
  char host_name[256] = "";
  gethostname(host_name, sizeof host_name - 1);
  hub_ = &hub;
  node_ = {hub.hub().next_id(), std::string(host_name) + "/" + vhost_name, now()};
}

ServerApi BackEnds::api() {
  return {hub_->hub(), hub_->sessions(), hub_->idempotency(), hub_->revocations(), options_, node_};
}

}  // namespace lws_chat
