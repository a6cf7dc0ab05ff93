#include "core/histogram.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string counts(const Histogram<3>& histogram) {
  std::string text;
  for (uint64_t count : histogram.counts()) text += std::to_string(count) + " ";
  return text;
}

}  // namespace

TEST(a_value_belongs_to_the_first_bound_that_it_does_not_exceed) {
  Histogram<3> histogram({1, 10, 100});
  for (double value : {0.0, 1.0, 1.5, 10.0, 99.0}) histogram.observe(value);
  CHECK_EQ(counts(histogram), "2 2 1 0 ");
}

TEST(a_value_above_all_bounds_is_counted) {
  Histogram<3> histogram({1, 10, 100});
  histogram.observe(100.5);
  histogram.observe(1e300);
  CHECK_EQ(counts(histogram), "0 0 0 2 ");
}

TEST(the_sum_includes_all_values) {
  Histogram<3> histogram({1, 10, 100});
  for (double value : {0.25, 5.0, 1000.0}) histogram.observe(value);
  CHECK_EQ(histogram.sum(), 1005.25);
}
