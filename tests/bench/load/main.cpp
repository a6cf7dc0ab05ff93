#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "generator.h"

namespace {

void prepare(const bench::Options& options) {
  // The generator ends with its parent process, and after its time limit.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(options.limit);
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  if (options.cpu < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<size_t>(options.cpu), &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) std::perror("bench_load: --cpu");
}

}  // namespace

// Exits with 0 after a run, whatever its result, and with 1 if it could not connect to the server.
int main(int argc, char** argv) {
  bench::Options options = bench::parse_options(argc, argv);
  try {
    prepare(options);
    bench::Report report = bench::Generator(options).run();
    std::printf("%s\n", bench::to_json(options, report).c_str());
    return report.error.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 2;
  }
}
