#include <string>

#include "support/records_double.h"
#include "support/server_api_fixture.h"

using namespace lws_chat;

namespace {

constexpr int64_t kToday = 1'700'000'000;  // of the fixture's calls

}  // namespace

TEST(a_token_is_revoked_by_its_id_until_it_has_expired) {
  ServerApiFixture f;
  int told = 0;
  f.revocations.changed = [&](std::string_view) { ++told; };
  CHECK_EQ(f.call("revoke_token", R"({"uid":"a","expire_at":1700000060})"), R"({"result":{}})");
  CHECK(f.revocations.has("a", "", 0, kToday + 59) && !f.revocations.has("a", "", 0, kToday + 60));
  CHECK_EQ(f.call("revoke_token", R"({"uid":"b"})"), R"({"result":{}})");
  CHECK(f.revocations.has("b", "", 0, kToday + 10'000'000'000 / 1000));
  CHECK_EQ(told, 2);
}

TEST(tokens_of_a_user_are_revoked_up_to_a_time) {
  ServerApiFixture f;
  CHECK_EQ(f.call("invalidate_user_tokens", R"({"user":"ann","issued_before":1600000000})"), R"({"result":{}})");
  CHECK(f.revocations.has("", "ann", 1'599'999'999, kToday) && !f.revocations.has("", "ann", 1'600'000'000, kToday));
  CHECK_EQ(f.call("invalidate_user_tokens", R"({"user":"ann"})"), R"({"result":{}})");
  CHECK(f.revocations.has("", "ann", kToday - 1, kToday) && !f.revocations.has("", "ann", kToday, kToday));
}

TEST(what_cannot_be_revoked_is_refused) {
  ServerApiFixture f;
  std::string longest(255, 'x');
  CHECK_EQ(f.error("revoke_token", R"({"uid":")" + longest + "\"}"), 0);
  CHECK_EQ(f.error("revoke_token", R"({"uid":")" + longest + "x\"}"), 107);
  for (const char* body :
       {"{}", R"({"uid":""})", R"({"uid":1})", R"({"uid":"a","expire_at":-1})", R"({"uid":"a","x":1})"})
    CHECK_EQ(f.error("revoke_token", body), 107);
  for (const char* body : {"{}", R"({"user":""})", R"({"user":"ann","issued_before":-1})"})
    CHECK_EQ(f.error("invalidate_user_tokens", body), 107);
  CHECK(f.error("invalidate_user_tokens", R"({"user":"ann","channel":"room"})") != 0);
  CHECK_EQ(f.revocations.size(), 1u);
}

TEST(a_back_end_hears_whether_a_revocation_survives_a_restart) {
  ServerApiFixture f;
  RecordsDouble records;
  f.revocations.keep_in(records);
  records.late = true;
  std::vector<ServerApi::Answer> answers;
  ServerApi api(f.hub, f.sessions, f.idempotency, f.revocations, f.options, f.node);
  for (const char* body : {R"({"uid":"a"})", R"({"uid":"b"})"})
    api.call("revoke_token", body, f.now, kToday * 1000).then([&](const ServerApi::Answer& answer) {
      answers.push_back(answer);
    });
  CHECK(answers.empty());
  CHECK(f.revocations.has("a", "", 0, kToday) && f.revocations.has("b", "", 0, kToday));
  records.answers[0].keep(Status::kOk);
  records.answers[1].keep(Status::kUnavailable);
  CHECK_EQ(answers.size(), 2u);
  CHECK_EQ(answers[0].json, "{\"result\":{}}\n");
  CHECK_EQ(answers[1].status, 503u);
  CHECK(answers[1].json.find("the storage cannot be written") != std::string::npos);
}
