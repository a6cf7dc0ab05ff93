#include "lws/vhost/connect_rate.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;
constexpr Origin kOne = 1;
constexpr Origin kOther = 2;

}  // namespace

TEST(an_address_may_make_so_many_connections_in_a_second) {
  ConnectRate rate(2);
  CHECK(rate.admit(kOne, kSecond));
  CHECK(rate.admit(kOne, kSecond + 1));
  CHECK(!rate.admit(kOne, 2 * kSecond - 1));
}

TEST(one_address_takes_nothing_from_another) {
  ConnectRate rate(1);
  CHECK(rate.admit(kOne, kSecond));
  CHECK(rate.admit(kOther, kSecond));
  CHECK(!rate.admit(kOne, kSecond));
}

TEST(the_next_second_begins_anew) {
  ConnectRate rate(1);
  CHECK(rate.admit(kOne, kSecond));
  CHECK(!rate.admit(kOne, kSecond));
  CHECK(rate.admit(kOne, 2 * kSecond));
}

TEST(zero_means_no_limit) {
  ConnectRate rate(0);
  for (int i = 0; i < 1000; ++i) CHECK(rate.admit(kOne, kSecond));
}
