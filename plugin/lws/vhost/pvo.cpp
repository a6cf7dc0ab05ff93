#include "lws/vhost/pvo.h"

#include "config/option_table.h"

namespace lws_chat {

std::vector<std::string> read_pvos(const lws_protocol_vhost_options* pvos, Options& options) {
  std::vector<std::string> problems;
  for (const auto* pvo = pvos; pvo; pvo = pvo->next) {
    if (is_lws_option(pvo->name)) continue;
    std::string problem = set_option(options, pvo->name, pvo->value ? pvo->value : "");
    if (!problem.empty())
      problems.push_back(find_option(pvo->name) ? std::string(pvo->name) + ": " + problem : problem);
  }
  std::string problem = finish_options(options);
  if (problems.empty() && !problem.empty()) problems.push_back(problem);
  return problems;
}

}  // namespace lws_chat
