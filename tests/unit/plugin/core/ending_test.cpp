#include "core/ending.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(every_text_fits_a_close_frame_even_with_numbers) {
  for (unsigned i = 0; i < kStatusCount; ++i) {
    const StatusRow& row = describe(static_cast<Status>(i));
    CHECK(row.text.size() <= 100);  // RFC 6455 section 5.5 allows 123 bytes; numbers may follow
  }
}

TEST(close_codes_are_from_rfc_6455_or_the_application_range) {
  CHECK_EQ(describe(Status::kGoingAway).close_code, 1001);
  CHECK_EQ(describe(Status::kUnsupportedData).close_code, 1003);
  CHECK_EQ(describe(Status::kInvalidText).close_code, 1007);
  CHECK_EQ(describe(Status::kMessageTooBig).close_code, 1009);
  CHECK_EQ(describe(Status::kSlow).close_code, 3008);
}

TEST(protocol_codes_tell_the_client_whether_to_reconnect) {
  auto comes_back = [](Status status) {
    unsigned code = describe(status).protocol_code;
    return code >= 3000 && code < 3500;
  };
  for (Status status :
       {Status::kGoingAway, Status::kInternalError, Status::kSlow, Status::kReplayLost, Status::kTooFast})
    CHECK(comes_back(status));
  for (Status status : {Status::kClosedOnRequest, Status::kUnsupportedData, Status::kReplaced, Status::kStale,
                        Status::kBadRequest, Status::kMessageTooBig})
    CHECK(!comes_back(status));
}

TEST(only_who_asked_to_go_or_is_not_let_in_is_gone_for_good) {
  for (unsigned i = 0; i < kStatusCount; ++i) {
    auto status = static_cast<Status>(i);
    bool refused = status == Status::kBadToken || status == Status::kRevoked || status == Status::kNoCredentials ||
                   status == Status::kAnonymous;
    bool sent_away = status == Status::kForced || status == Status::kUnsubscribed;
    bool final = status == Status::kClosedOnRequest || sent_away || refused;
    CHECK((describe(status).departure == Departure::kFinal) == final);
  }
}
