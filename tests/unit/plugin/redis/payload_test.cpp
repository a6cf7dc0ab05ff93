#include "redis/payload.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr std::string_view kWho = R"({"user":"u","client":"c","conn_info":{"name":"N"}})";

std::string bytes_of(const Message& message) {
  std::string bytes;
  append_publication_bytes(bytes, message);
  return bytes;
}

// One field that holds bytes.
std::string field(unsigned number, std::string_view value) {
  std::string bytes;
  for (unsigned tag = number << 3 | 2u; tag > 0; tag >>= 7) bytes += static_cast<char>(tag > 127 ? tag | 128 : tag);
  return (bytes += static_cast<char>(value.size())).append(value);
}

bool is_read(std::string_view bytes) {
  PayloadReader reader;
  RoomPayload payload;
  return reader.read(bytes, payload);
}

void check_same(const Message& there, const Message& back) {
  CHECK_EQ(back.payload, there.payload);
  CHECK_EQ(static_cast<int>(back.format), static_cast<int>(there.format));
  CHECK_EQ(back.publisher, there.publisher);
  CHECK_EQ(back.tags, there.tags);
  CHECK_EQ(back.unix_ms, there.unix_ms);
  CHECK_EQ(back.version, there.version);
  CHECK_EQ(back.version_epoch, there.version_epoch);
}

void check_comes_back(const Message& message) {
  PayloadReader reader;
  RoomPayload payload;
  std::string bytes = bytes_of(message);
  CHECK(reader.read(bytes, payload));
  check_same(message, payload.message);
  CHECK(payload.message.ephemeral);
  CHECK_EQ(payload.offset, 0u);
  std::string positioned = with_position(7, "abcdEFGH", bytes);
  CHECK(reader.read(positioned, payload));
  check_same(message, payload.message);
  CHECK(!payload.message.ephemeral);
  CHECK_EQ(payload.offset, 7u);
  CHECK_EQ(payload.epoch, "abcdEFGH");
  CHECK(reader.read_entry(bytes, 8, payload));
  check_same(message, payload.message);
  CHECK(!payload.message.ephemeral);
  CHECK_EQ(payload.offset, 8u);
}

std::string data_of(const Message& message) {
  std::string bytes = bytes_of(message);
  CHECK_EQ(bytes[0], '\x22');
  return bytes.substr(2, static_cast<unsigned char>(bytes[1]));
}

}  // namespace

TEST(every_message_comes_back_with_the_same_bytes) {
  const std::string all_bytes = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  std::string ascii = all_bytes.substr(0, 128);
  check_comes_back({"plain", Format::kText});
  check_comes_back({"", Format::kText});
  check_comes_back({R"({"is":"json"})", Format::kText});
  check_comes_back({"\"quoted\" \\ back", Format::kText});
  check_comes_back({"請\n\u2028\U0001f600", Format::kText});
  check_comes_back({ascii, Format::kText});
  check_comes_back({all_bytes, Format::kBinary});
  check_comes_back({"", Format::kBinary});
  check_comes_back({"1", Format::kBinary});
  check_comes_back({R"({"a" : [1, 2.50]})", Format::kJson});
  check_comes_back({" \n[1,\n2]\t", Format::kJson});
  check_comes_back({"null", Format::kJson});
  check_comes_back({"\"a text\"", Format::kJson});
  check_comes_back({R"({"base64":"AAA="})", Format::kJson});
}

TEST(what_goes_with_a_message_comes_back) {
  check_comes_back({"1", Format::kJson, kWho, R"({"a":"1","":"","c \" d":"\n"})", false, 1'800'000'000'123,
                    18446744073709551615u, "an epoch"});
  check_comes_back({"x", Format::kText, R"({"client":"c","role":"admin"})"});
}

TEST(clients_of_centrifugo_get_what_clients_of_ours_get) {
  CHECK_EQ(data_of({R"({"a" : 1})", Format::kJson}), R"({"a" : 1})");
  CHECK_EQ(data_of({"a \"text\"", Format::kText}), R"("a \"text\"")");
  CHECK_EQ(data_of({std::string_view("\xff\x00", 2), Format::kBinary}), R"({"base64":"/wA="})");
}

TEST(bytes_of_a_json_message_are_those_of_centrifugo) {
  CHECK_EQ(bytes_of({"{}", Format::kJson, R"({"user":"","client":"c"})", R"({"k":"v"})", false, 5, 9}),
           field(4, "{}") + field(5, field(2, "c")) + field(7, field(1, "k") + field(2, "v")) + "\x48\x05" +
               std::string("\x80\x01\x09"));
}

TEST(data_of_others_that_is_no_json_is_binary) {
  for (std::string_view data : {"plain", "{a}", "\xff", "\"\xff\""}) {
    PayloadReader reader;
    RoomPayload payload;
    std::string bytes = field(4, data);
    CHECK(reader.read(bytes, payload));
    CHECK(payload.message.format == Format::kBinary);
    CHECK_EQ(payload.message.payload, data);
  }
}

TEST(a_publication_of_nothing_is_malformed) {
  PayloadReader reader;
  RoomPayload payload;
  CHECK(!reader.read("", payload));
  CHECK(!reader.read(field(4, ""), payload));
}

TEST(a_publisher_is_known_with_its_client_and_user) {
  PayloadReader reader;
  RoomPayload payload;
  std::string bytes = bytes_of({"1", Format::kJson, kWho});
  CHECK(reader.read(bytes, payload));
  CHECK_EQ(payload.who->client, "c");
  CHECK_EQ(payload.who->user, "u");
  bytes = bytes_of({"1", Format::kJson});
  CHECK(reader.read(bytes, payload));
  CHECK(payload.who == nullptr);
  CHECK_EQ(payload.message.publisher, "");
}

TEST(joins_and_leaves_come_back) {
  PayloadReader reader;
  RoomPayload payload;
  std::string join, leave;
  append_join_bytes(join, kWho);
  append_leave_bytes(leave, kWho);
  CHECK(reader.read(join, payload));
  CHECK(payload.kind == Event::Kind::kJoin);
  CHECK_EQ(payload.message.publisher, kWho);
  CHECK_EQ(payload.who->client, "c");
  CHECK(reader.read(leave, payload));
  CHECK(payload.kind == Event::Kind::kLeave);
  CHECK_EQ(payload.who->json, kWho);
}

TEST(of_a_delta_the_publication_counts) {
  std::string before = field(4, "[1]"), now = field(4, "[1,2]");
  auto sized = [](const std::string& text) { return std::to_string(text.size()) + ":" + text; };
  PayloadReader reader;
  RoomPayload payload;
  std::string bytes = "__d1:12:abc:" + sized(before) + ":" + sized(now);
  CHECK(reader.read(bytes, payload));
  CHECK_EQ(payload.message.payload, "[1,2]");
  CHECK_EQ(payload.offset, 12u);
  CHECK_EQ(payload.epoch, "abc");
  bytes = "__d1:1:abc:0::" + sized(now);
  CHECK(reader.read(bytes, payload));
  CHECK_EQ(payload.message.payload, "[1,2]");
}

TEST(a_position_in_the_publication_counts_more) {
  PayloadReader reader;
  RoomPayload payload;
  std::string bytes = field(4, "1") + "\x30\x05" + field(14, "xyz");
  CHECK(reader.read(bytes, payload));
  CHECK_EQ(payload.offset, 5u);
  CHECK_EQ(payload.epoch, "xyz");
  CHECK(!payload.message.ephemeral);
}

TEST(malformed_marks_are_refused) {
  std::string good = field(4, "1"), who = field(2, "c");
  CHECK(is_read("__p1:1:a__" + good));
  CHECK(is_read("__j__" + who));
  for (const std::string& bytes : {std::string("__"),
                                   std::string("__p1"),
                                   "__p1:__" + good,
                                   "__p1:1__" + good,
                                   "__p1:1:__" + good,
                                   "__p1:0:a__" + good,
                                   "__p1:-1:a__" + good,
                                   "__p1:x:a__" + good,
                                   "__p1:1:a_" + good,
                                   "__p1:1:a\"__" + good,
                                   "__p1:1:a b__" + good,
                                   "__p1:1:" + std::string(65, 'a') + "__" + good,
                                   "__p2:1:a__" + good,
                                   "__p1:18446744073709551616:a__" + good,
                                   "__j_" + who,
                                   "__l" + who,
                                   std::string("__j__"),
                                   "__l__" + field(1, "u"),
                                   "__x__" + good,
                                   std::string("__d1:1:a"),
                                   "__d1:1:a:0:3:" + good,
                                   "__d1:1:a:0::2:" + good,
                                   "__d1:1:a:0::4:" + good,
                                   "__d1:1:a:9::3:" + good,
                                   "__d1:1:a:99999999999999999999::3:" + good,
                                   "__d1:0:a:0::3:" + good})
    CHECK(!is_read(bytes));
}

TEST(malformed_publications_are_refused) {
  for (const std::string& bytes :
       {std::string("\x22"), std::string("\x22\x05") + "1234", std::string("plain"), field(5, "\x0a\x05"),
        field(5, field(1, "\xff")), field(7, "\x0a"), field(7, field(1, "\xff")), field(7, field(2, "\xff")),
        field(4, "1") + field(14, "a:b"), std::string("\x00\x00", 2), std::string("\x23")})
    CHECK(!is_read(bytes));
}

TEST(a_text_or_binary_message_must_be_in_its_form) {
  const std::string was_text = "\xc8\x3e\x01", was_binary = "\xc8\x3e\x02", was_something = "\xc8\x3e\x03";
  CHECK(is_read(field(4, "\"a\"") + was_text));
  for (std::string_view data : {"", "1", "{}", " \"a\"", "\"a", "\"", "\"\xff\"", "\"\\ud800\"", "\"a\"\"b\""})
    CHECK(!is_read(field(4, data) + was_text));
  CHECK(is_read(field(4, R"({"base64":""})") + was_binary));
  for (std::string_view data :
       {"", "1", R"({"base64":"})", R"({"base64":"A"})", R"({"base64":"!!!!"})", R"({"Base64":""})"})
    CHECK(!is_read(field(4, data) + was_binary));
  CHECK(is_read(field(4, "plain") + was_something));
}

TEST(epochs_are_plain) {
  CHECK(is_epoch("abcdEFGH"));
  CHECK(is_epoch("0a-b.c"));
  for (std::string_view text : {"", "a_b", "a:b", "a b", "a\"", "\xff"}) CHECK(!is_epoch(text));
}
