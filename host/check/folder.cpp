#include "host/check/folder.h"

#include <dirent.h>

#include <cstdlib>
#include <string_view>

namespace lws_chat {

std::optional<std::vector<std::string>> names_in(const std::string& folder) {
  dirent** entries = nullptr;
  int count = scandir(folder.c_str(), &entries, nullptr, alphasort);
  if (count < 0) return std::nullopt;
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    std::string_view name = entries[i]->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    std::free(entries[i]);
  }
  std::free(entries);
  return names;
}

}  // namespace lws_chat
