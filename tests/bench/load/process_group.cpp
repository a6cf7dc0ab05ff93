#include "process_group.h"

#include <dirent.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace bench {
namespace {

// The fifth field of /proc/PID/stat. The second one is in parentheses and may have any characters.
int group_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(line.substr(name_end + 1));
  std::string state;
  int parent = 0;
  int group = 0;
  rest >> state >> parent >> group;
  return group;
}

}  // namespace

void ProcessGroup::refresh() {
  pids_.clear();
  if (!id_) return;
  DIR* folder = opendir("/proc");
  if (!folder) return;
  while (const dirent* entry = readdir(folder))
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) && group_of(entry->d_name) == id_)
      pids_.push_back(std::atoi(entry->d_name));
  closedir(folder);
}

Nanoseconds ProcessGroup::cpu_time() const {
  Nanoseconds sum = 0;
  for (int pid : pids_) {
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) == 0) sum += read_clock(clock);
  }
  return sum;
}

uint64_t ProcessGroup::resident() const {
  uint64_t sum = 0;
  for (int pid : pids_) {
    // The sum over all mappings is exact. statm and status lag behind by some pages per core.
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string word; file >> word;) {
      if (word != "Rss:") continue;
      uint64_t kilobytes = 0;
      file >> kilobytes;
      sum += kilobytes * 1024;
      break;
    }
  }
  return sum;
}

}  // namespace bench
