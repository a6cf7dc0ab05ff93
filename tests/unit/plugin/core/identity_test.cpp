#include "core/identity.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

IdentityPtr somebody(const char* client) { return std::make_shared<Identity>(Identity{client, "", ""}); }

}  // namespace

TEST(a_client_that_returns_in_time_gets_its_identity_once) {
  MemoryAccount account(SIZE_MAX);
  Departed departed(account);
  IdentityPtr ann = somebody("ann");
  departed.add("key", ann, 10);
  CHECK(departed.take("other", 5) == nullptr);
  CHECK(departed.take("key", 9) == ann);
  CHECK(departed.take("key", 9) == nullptr);
}

TEST(a_client_that_returns_late_gets_a_new_identity) {
  MemoryAccount account(SIZE_MAX);
  Departed departed(account);
  departed.add("key", somebody("ann"), 10);
  CHECK(departed.take("key", 10) == nullptr);
}

TEST(two_clients_with_the_same_key_both_get_an_identity_back) {
  MemoryAccount account(SIZE_MAX);
  Departed departed(account);
  departed.add("key", somebody("a"), 10);
  departed.add("key", somebody("b"), 10);
  IdentityPtr first = departed.take("key", 0);
  IdentityPtr second = departed.take("key", 0);
  CHECK(first && second && first != second);
  CHECK(departed.take("key", 0) == nullptr);
}

TEST(an_identity_is_forgotten_after_the_grace) {
  MemoryAccount account(SIZE_MAX);
  Departed departed(account);
  departed.add("a", somebody("a"), 10);
  departed.add("b", somebody("b"), 20);
  CHECK_EQ(departed.due(), 10);
  departed.expire(10);
  CHECK_EQ(departed.due(), 20);
  departed.expire(20);
  CHECK_EQ(departed.bytes(), 0u);
}

TEST(remembered_identities_are_limited_in_bytes) {
  MemoryAccount account(SIZE_MAX);
  Departed departed(account);
  for (int i = 0; i < 100; ++i) departed.add(std::string(1'000'000, 'k'), somebody("x"), i + 1);
  CHECK(departed.bytes() <= Departed::kMostBytes);
  CHECK(departed.due() > 1);
}

TEST(above_the_limit_the_oldest_identities_are_forgotten) {
  MemoryAccount account(SIZE_MAX);
  Departed departed(account);
  for (size_t i = 0; i <= Departed::kMost; ++i)
    departed.add(std::to_string(i), somebody("x"), static_cast<Time>(i) + 1);
  CHECK(departed.take("0", 0) == nullptr);
  CHECK(departed.take("1", 0) != nullptr);
}
