#include "lws/pvo.h"

#include "config/option_table.h"

namespace lws_chat {
namespace {

// Names that lws itself understands in a protocol's options.
bool belongs_to_lws(std::string_view name) { return name == "raw" || name == "basic-auth"; }

}  // namespace

std::vector<std::string> read_pvos(const lws_protocol_vhost_options* pvos, Options& options) {
  std::vector<std::string> problems;
  for (const auto* pvo = pvos; pvo; pvo = pvo->next) {
    if (belongs_to_lws(pvo->name)) continue;
    std::string problem = set_option(options, pvo->name, pvo->value ? pvo->value : "");
    if (!problem.empty())
      problems.push_back(find_option(pvo->name) ? std::string(pvo->name) + ": " + problem : problem);
  }
  std::string problem = finish_options(options);
  if (problems.empty() && !problem.empty()) problems.push_back(problem);
  return problems;
}

}  // namespace lws_chat
