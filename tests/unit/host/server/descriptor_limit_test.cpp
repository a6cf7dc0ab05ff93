#include "host/server/descriptor_limit.h"

#include "support/unit.h"

namespace {

// The soft limit that is set. The hard limit must stay.
rlim_t soft_limit(rlim_t soft, rlim_t hard) {
  rlimit wanted = lws_chat::descriptor_limit({soft, hard});
  CHECK_EQ(wanted.rlim_max, hard);
  return wanted.rlim_cur;
}

}  // namespace

TEST(a_small_limit_is_raised_up_to_the_hard_limit) {
  CHECK_EQ(soft_limit(1024, 4096), 4096u);
  CHECK_EQ(soft_limit(1024, 1048576), 131072u);
}

TEST(a_huge_limit_of_a_container_is_lowered) {
  CHECK_EQ(soft_limit(1073741816, 1073741816), 131072u);
  CHECK_EQ(soft_limit(RLIM_INFINITY, RLIM_INFINITY), 131072u);
}
