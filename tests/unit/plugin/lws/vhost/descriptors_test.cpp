#include "lws/vhost/descriptors.h"

#include <sys/resource.h>

#include "support/unit.h"

using namespace lws_chat;

namespace {

// The process may open so many files.
void limit_to(rlim_t files) {
  rlimit limit{};
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = files;
  CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

}  // namespace

TEST(the_last_descriptors_are_kept_free) {
  limit_to(1000);
  CHECK(descriptor_affordable(5));
  CHECK(descriptor_affordable(967));
  CHECK(!descriptor_affordable(968));
  CHECK(!descriptor_affordable(999));
  CHECK(descriptor_affordable(967));
}

TEST(a_small_limit_keeps_a_quarter_free) {
  limit_to(64);
  CHECK(descriptor_affordable(47));
  CHECK(!descriptor_affordable(48));
}
