#include "access/revocations.h"

#include <string>
#include <vector>

#include "support/records_double.h"
#include "support/revoked.h"
#include "support/unit.h"

using namespace lws_chat;

TEST(a_token_is_revoked_until_its_time) {
  Revocations revoked;
  CHECK(is_revoked(revoked.revoke_token("a", 100, 10)));
  CHECK(revoked.has("a", "", 0, 99));
  CHECK(!revoked.has("a", "", 0, 100));
  CHECK(!revoked.has("b", "", 0, 50));
  CHECK(!revoked.has("", "", 0, 50));
}

TEST(the_later_of_two_times_counts) {
  Revocations revoked;
  CHECK(is_revoked(revoked.revoke_token("a", 100, 10)) && is_revoked(revoked.revoke_token("a", 50, 10)));
  CHECK(revoked.has("a", "", 0, 99));
  CHECK(is_revoked(revoked.revoke_token("a", 200, 10)));
  CHECK(revoked.has("a", "", 0, 199));
  CHECK_EQ(revoked.size(), 1u);
}

TEST(tokens_of_a_user_are_revoked_if_they_were_issued_before_or_do_not_say_when) {
  Revocations revoked;
  CHECK(is_revoked(revoked.revoke_user("ann", 50, 100, 10)));
  CHECK(revoked.has("x", "ann", 49, 99));
  CHECK(revoked.has("", "ann", 0, 99));
  CHECK(!revoked.has("", "ann", 50, 99));
  CHECK(!revoked.has("", "ann", 49, 100));
  CHECK(!revoked.has("", "ben", 49, 99));
  CHECK(!revoked.has("", "", 0, 99));
  // An earlier time takes nothing back.
  CHECK(is_revoked(revoked.revoke_user("ann", 20, 90, 10)));
  CHECK(revoked.has("", "ann", 49, 99));
}

TEST(entries_whose_time_is_over_are_forgotten) {
  Revocations revoked;
  CHECK(is_revoked(revoked.revoke_token("a", 20, 10)) && is_revoked(revoked.revoke_token("b", 40, 10)) &&
        is_revoked(revoked.revoke_user("ann", 5, 30, 10)));
  CHECK_EQ(revoked.size(), 3u);
  CHECK(is_revoked(revoked.revoke_token("c", 100, 30)));
  CHECK_EQ(revoked.size(), 2u);
  CHECK(is_revoked(revoked.revoke_token("d", 100, 40)));
  CHECK_EQ(revoked.size(), 2u);
  CHECK(!revoked.empty());
}

TEST(each_entry_is_told) {
  Revocations revoked;
  int told = 0;
  revoked.changed = [&](std::string_view) { ++told; };
  CHECK(is_revoked(revoked.revoke_token("a", 20, 10)) && is_revoked(revoked.revoke_user("ann", 5, 30, 10)));
  CHECK_EQ(told, 2);
}

TEST(when_it_is_full_a_further_entry_is_refused_and_nothing_is_forgotten) {
  Revocations revoked;
  for (size_t i = 0; i < Revocations::kMost; ++i) CHECK(is_revoked(revoked.revoke_token(std::to_string(i), 100, 10)));
  CHECK(!is_revoked(revoked.revoke_token("one more", 100, 10)));
  CHECK(!is_revoked(revoked.revoke_user("ann", 5, 100, 10)));
  CHECK(is_revoked(revoked.revoke_token("0", 200, 10)));
  CHECK(revoked.has("0", "", 0, 150));
  CHECK(revoked.has("999999", "", 0, 50));
  CHECK(is_revoked(revoked.revoke_token("one more", 200, 100)));
  CHECK_EQ(revoked.size(), 2u);
}

TEST(entries_survive_a_restart_until_their_time) {
  RecordsDouble records;
  {
    Revocations revoked;
    revoked.keep_in(records);
    CHECK(is_revoked(revoked.revoke_token("a", 100, 10)) && is_revoked(revoked.revoke_token("a", 200, 10)));
    CHECK(is_revoked(revoked.revoke_user("ann", 50, 100, 10)) && is_revoked(revoked.revoke_user("ann", 20, 90, 10)));
  }
  Revocations revoked;
  revoked.keep_in(records);
  CHECK_EQ(revoked.size(), 2u);
  CHECK(revoked.has("a", "", 0, 199) && !revoked.has("a", "", 0, 200));
  CHECK(revoked.has("", "ann", 49, 99) && !revoked.has("", "ann", 50, 99) && !revoked.has("", "ann", 49, 100));
  CHECK(is_revoked(revoked.revoke_token("b", 300, 150)));
  CHECK_EQ(revoked.size(), 2u);
}

TEST(a_record_that_cannot_be_read_revokes_all_tokens_of_its_user) {
  RecordsDouble records;
  (void)records.keep(Records::Kind::kRevokedUser, "ann", "x", 100'000);
  Revocations revoked;
  revoked.keep_in(records);
  CHECK(revoked.has("", "ann", 1'000'000, 99));
}

TEST(the_answer_comes_when_the_entry_survives_the_process_but_it_counts_at_once) {
  RecordsDouble records;
  Revocations revoked;
  revoked.keep_in(records);
  records.late = true;
  std::vector<Revocations::Outcome> answers;
  auto note = [&](Revocations::Outcome outcome) { answers.push_back(outcome); };
  revoked.revoke_token("a", 100, 10).then(note);
  revoked.revoke_user("ann", 50, 100, 10).then(note);
  CHECK(answers.empty());
  CHECK(revoked.has("a", "", 0, 50) && revoked.has("", "ann", 10, 50));
  records.answers[0].keep(Status::kOk);
  records.answers[1].keep(Status::kUnavailable);
  CHECK(answers == std::vector({Revocations::Outcome::kRevoked, Revocations::Outcome::kNotKept}));
}

TEST(an_entry_that_was_not_written_is_written_when_it_is_revoked_again) {
  RecordsDouble records;
  Revocations revoked;
  revoked.keep_in(records);
  CHECK(is_revoked(revoked.revoke_token("a", 100, 10)));
  records.kept.clear();
  CHECK(is_revoked(revoked.revoke_token("a", 90, 10)));
  CHECK_EQ((records.kept[{Records::Kind::kRevokedToken, "a"}].second), 100'000);
}

namespace {

// The nodes' common memory, which answers when the test wants it.
class SharedDouble final : public SharedRevocations {
 public:
  void attach(Reader& reader) override { reader_ = &reader; }
  bool complete() const override { return true; }
  Deferred<Status> when_complete() override { return Status::kOk; }
  Deferred<Kept> keep(const Revocation& revocation) override {
    kept.push_back(revocation);
    promises.emplace_back();
    return promises.back().deferred();
  }
  bool learn(const Revocation& revocation) { return reader_->learn(revocation); }

  std::vector<Revocation> kept;
  std::vector<Promise<Kept>> promises;

 private:
  Reader* reader_ = nullptr;
};

}  // namespace

TEST(a_shared_revocation_is_answered_when_it_is_shared) {
  Revocations revoked;
  SharedDouble shared;
  revoked.share(shared);
  std::vector<Revocations::Outcome> outcomes;
  for (const char* id : {"a", "b", "c"})
    revoked.revoke_token(id, 100, 10).then([&](Revocations::Outcome one) { outcomes.push_back(one); });
  CHECK(revoked.has("a", "", 0, 50));
  CHECK(outcomes.empty());
  shared.promises[0].keep(SharedRevocations::Kept::kKept);
  shared.promises[1].keep(SharedRevocations::Kept::kUnavailable);
  shared.promises[2].keep(SharedRevocations::Kept::kFull);
  using Outcome = Revocations::Outcome;
  CHECK(outcomes == (std::vector<Outcome>{Outcome::kRevoked, Outcome::kNotShared, Outcome::kFull}));
  CHECK(revoked.has("b", "", 0, 50));
}

TEST(what_comes_from_another_node_is_not_shared_again) {
  Revocations revoked;
  SharedDouble shared;
  revoked.share(shared);
  CHECK(is_revoked(revoked.revoke_token("a", 100, 10, Revocations::From::kOtherNode)));
  CHECK(is_revoked(revoked.revoke_user("ann", 50, 100, 10, Revocations::From::kOtherNode)));
  CHECK(shared.kept.empty());
}

TEST(what_nodes_share_is_learnt_and_told_once) {
  Revocations revoked;
  SharedDouble shared;
  revoked.share(shared);
  std::string told;
  revoked.changed = [&](std::string_view user) { told.append(user).append(";"); };
  CHECK(shared.learn({false, "a", 100}));
  CHECK(shared.learn({true, "ann", 100, 50}));
  CHECK_EQ(told, ";ann;");
  CHECK(shared.learn({false, "a", 100}));
  CHECK(shared.learn({true, "ann", 100, 50}));
  CHECK_EQ(told, ";ann;");
  CHECK(revoked.has("a", "", 0, 50) && revoked.has("", "ann", 49, 50));
  // This node knows larger ones than these.
  CHECK(!shared.learn({false, "a", 99}));
  CHECK(!shared.learn({true, "ann", 200, 40}));
  CHECK(revoked.has("", "ann", 49, 150));
  size_t known = 0;
  revoked.each([&](const Revocation& one) { known += one.of_user ? one.until == 200 && one.issued_before == 50 : 1; });
  CHECK_EQ(known, 2u);
}
