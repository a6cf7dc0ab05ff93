// A message as bytes of the file: what goes in comes out, and it is small.
#include "sqlite/message_row.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr int64_t kId = row_id(7, 1000);
const std::string kDigits = "0123456789abcdef0f1e2d3c4b5a6978";

std::string packed(const Message& message) {
  std::string bytes;
  MessageRow row;
  row.message = message;
  row.at = 1'800'000'000'000;
  row.total = 5000;
  pack_row(kId, row, bytes);
  return bytes;
}

std::string publisher_of(const std::string& bytes) {
  MessageRow row;
  CHECK(unpack_row(kId, bytes, row));
  CHECK_EQ(row.message.payload, "payload");
  return std::string(row.message.publisher);
}

}  // namespace

TEST(every_publisher_comes_back_as_it_was) {
  for (const std::string& publisher :
       {std::string(), std::string("somebody"), kDigits, "\"" + kDigits + "\"", kDigits + kDigits, kDigits + "0",
        "x" + kDigits, kDigits.substr(1), "0123456789ABCDEF0F1E2D3C4B5A6978" + kDigits, std::string(222, ' ') + kDigits,
        std::string(255, ' ') + kDigits, std::string(256, ' ') + kDigits, std::string(1000, 'f'),
        std::string(1000, 'z')})
    CHECK_EQ(publisher_of(packed({"payload", Format::kText, publisher})), publisher);
}

TEST(a_client_s_id_takes_half_of_its_length) {
  std::string with = "{\"user\":\"\",\"client\":\"" + kDigits + "\"}", without = with;
  without[30] = 'x';
  CHECK_EQ(packed({"payload", Format::kText, with}).size() + 15, packed({"payload", Format::kText, without}).size());
}

TEST(all_else_comes_back_too) {
  std::string publisher = "{\"client\":\"" + kDigits + "\"}";
  Message message{"payload", Format::kJson, publisher, "{\"a\":\"b\"}", false, 1'799'999'999'990, 17, "e", {}};
  std::string bytes = packed(message);
  MessageRow row;
  CHECK(unpack_row(kId, bytes, row));
  CHECK(row.message.format == Format::kJson);
  CHECK_EQ(row.message.publisher, publisher);
  CHECK_EQ(row.message.tags, "{\"a\":\"b\"}");
  CHECK_EQ(row.message.unix_ms, 1'799'999'999'990);
  CHECK_EQ(row.message.version, 17u);
  CHECK_EQ(row.message.version_epoch, "e");
  CHECK_EQ(row.at, 1'800'000'000'000);
  CHECK_EQ(row.total, 5000u);
}

TEST(bytes_that_are_cut_off_or_changed_are_refused) {
  std::string bytes = packed({"payload", Format::kText, kDigits});
  MessageRow row;
  for (size_t size = 0; size < bytes.size(); ++size) CHECK(!unpack_row(kId, bytes.substr(0, size), row));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] ^= 1;
    CHECK(!unpack_row(kId, changed, row));
  }
  CHECK(!unpack_row(kId + 1, bytes, row));
}
