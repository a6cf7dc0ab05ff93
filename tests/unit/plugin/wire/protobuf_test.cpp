#include "wire/protobuf.h"

#include <string>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr ProtoField kInnerFields[] = {{"name", 1, ProtoType::kText}, {"data", 2, ProtoType::kJson}};
constexpr ProtoMessage kInner = {kInnerFields, 2};
constexpr ProtoField kFields[] = {
    {"text", 1, ProtoType::kText},
    {"data", 2, ProtoType::kJson},
    {"flag", 3, ProtoType::kFlag},
    {"number", 4, ProtoType::kNumber},
    {"signed", 5, ProtoType::kSigned},
    {"inner", 6, ProtoType::kMessage, &kInner},
    {"list", 7, ProtoType::kMessages, &kInner},
    {"texts", 8, ProtoType::kTextMap},
    {"map", 9, ProtoType::kMap, &kInner},
};
constexpr ProtoMessage kMessage = {kFields, 9};

std::string json_of(std::string_view bytes) {
  std::string json;
  // Not a byte follows them, so that the sanitizers see who reads too far.
  std::vector<char> copy(bytes.begin(), bytes.end());
  return append_proto_as_json(json, kMessage, {copy.data(), copy.size()}) ? json : "refused";
}

std::string proto_of(std::string_view json) {
  std::string bytes;
  append_json_as_proto(bytes, kMessage, json);
  return bytes;
}

std::string bytes(std::initializer_list<int> values) {
  std::string made;
  for (int value : values) made += static_cast<char>(value);
  return made;
}

}  // namespace

// protobuf.dev/programming-guides/encoding: "testing" in field 2 is 12 07 74…, 150 in field 1 is 08 96 01.
TEST(the_examples_of_the_encoding_guide_are_read_and_written) {
  std::string testing = bytes({0x0a, 0x07}) + "testing";
  CHECK_EQ(proto_of(R"({"text":"testing"})"), testing);
  CHECK_EQ(json_of(testing), R"({"text":"testing"})");
  CHECK_EQ(proto_of(R"({"number":150})"), bytes({0x20, 0x96, 0x01}));
  CHECK_EQ(json_of(bytes({0x20, 0x96, 0x01})), R"({"number":150})");
  CHECK_EQ(proto_of(R"({"signed":-2})"), bytes({0x28, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(every_type_of_field_survives_the_way_there_and_back) {
  for (std::string json : {
           R"({})",
           R"({"text":"a \"quoted\" 請"})",
           R"({"data":{ "a" : [1, 2.50] }})",
           R"({"data":null})",
           R"({"data":false})",
           R"({"b64data":"/wA="})",
           R"({"flag":true,"number":18446744073709551615,"signed":-9223372036854775808})",
           R"({"inner":{"name":"n","data":"x"}})",
           R"({"inner":{}})",
           R"({"list":[{"name":"1"},{},{"name":"3"}]})",
           R"({"texts":{"a":"1","":"","c":"3"}})",
           R"({"map":{"a":{"name":"x"},"b":{}}})",
       })
    CHECK_EQ(json_of(proto_of(json)), json);
}

TEST(texts_flags_and_numbers_that_say_nothing_are_left_out) {
  CHECK_EQ(proto_of(R"({"text":"","flag":false,"number":0,"signed":0,"unknown":{"a":1},"text":null})"), "");
}

TEST(a_flag_may_take_several_bytes) {
  CHECK_EQ(json_of(bytes({0x18, 0x80, 0x00})), R"({"flag":false})");
  CHECK_EQ(json_of(bytes({0x18, 0x80, 0x01})), R"({"flag":true})");
}

TEST(parts_of_a_list_or_map_need_not_stand_together) {
  std::string mixed = proto_of(R"({"list":[{"name":"1"}]})") + proto_of(R"({"texts":{"a":"1"}})") +
                      proto_of(R"({"list":[{"name":"2"}]})") + proto_of(R"({"number":7})") +
                      proto_of(R"({"texts":{"b":"2"}})");
  CHECK_EQ(json_of(mixed), R"({"list":[{"name":"1"},{"name":"2"}],"texts":{"a":"1","b":"2"},"number":7})");
}

TEST(unknown_fields_and_known_ones_of_another_wire_type_are_left_out) {
  std::string unknown = bytes({0xa0, 0x06, 0x01}) + bytes({0xa5, 0x06, 1, 2, 3, 4}) + bytes({0x0d, 1, 2, 3, 4});
  CHECK_EQ(json_of(unknown + proto_of(R"({"number":7})")), R"({"number":7})");
}

TEST(of_a_field_that_comes_twice_the_first_one_counts) {
  CHECK_EQ(json_of(proto_of(R"({"text":"1"})") + proto_of(R"({"text":"2"})")), R"({"text":"1"})");
}

TEST(bytes_that_are_no_json_are_base64) {
  CHECK_EQ(json_of(bytes({0x12, 0x02, 0xff, 0x00})), R"({"b64data":"/wA="})");
  CHECK_EQ(json_of(bytes({0x12, 0x03}) + "{a}"), R"({"b64data":"e2F9"})");
  CHECK_EQ(json_of(bytes({0x12, 0x00})), "{}");
  CHECK_EQ(proto_of(R"({"b64data":"/wA="})"), bytes({0x12, 0x02, 0xff, 0x00}));
}

TEST(blanks_around_json_are_kept_in_base64_beside_the_value) {
  CHECK_EQ(json_of(bytes({0x12, 0x04}) + " {}\n"), R"({"data":{},"b64data":"IHt9Cg=="})");
  CHECK_EQ(proto_of(R"({"b64data":"IHt9Cg=="})"), bytes({0x12, 0x04}) + " {}\n");
}

TEST(bytes_that_are_no_message_are_refused) {
  for (const std::string& wrong : {
           bytes({0x0a}),                                                                    // no length
           bytes({0x0a, 0x05}) + "abc",                                                      // shorter than its length
           bytes({0x0a, 0x01, 0xff}),                                                        // a text that is not UTF-8
           bytes({0x20}),                                                                    // no number
           bytes({0x18}),                                                                    // no flag
           bytes({0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),  // too long a number
           bytes({0x07}),                                                                    // no such wire type
           bytes({0x00, 0x01}),                                                              // no such field
           bytes({0x0b, 0x0c}),                                                              // groups are not served
           bytes({0x32, 0x02, 0x0a, 0x09}),                                                  // broken inside
           bytes({0x42, 0x03, 0x0a, 0x01, 0xff}),                                            // a key that is not UTF-8
           bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),                                      // no tag
       })
    CHECK_EQ(json_of(wrong), "refused");
}

TEST(messages_are_taken_off_a_sequence_by_their_lengths) {
  std::string sequence;
  for (const std::string& message : {std::string(), std::string("a"), std::string(300, 'b')}) {
    append_proto_length(sequence, message.size());
    sequence += message;
  }
  std::string_view rest = sequence;
  std::string_view message;
  CHECK(take_proto(rest, message) && message.empty());
  CHECK(take_proto(rest, message) && message == "a");
  CHECK(take_proto(rest, message) && message == std::string(300, 'b'));
  CHECK(rest.empty() && !take_proto(rest, message));
  for (const std::string& wrong : {bytes({0x02, 0x61}), bytes({0xff}), std::string(11, '\xff')}) {
    std::string_view text = wrong;
    CHECK(!take_proto(text, message));
  }
}

TEST(json_nested_as_deep_as_a_client_may_send_it_is_relayed) {
  std::string deep = std::string(64, '[') + std::string(64, ']');
  std::string json = R"({"list":[{"data":)" + deep + "}]}";
  CHECK_EQ(proto_of(json).size(), 2 + 1 + 1 + 2 + 2 * 64u);
}

TEST(a_field_of_bytes_is_found_by_its_number) {
  std::string message = proto_of(R"({"number":7,"text":"a","inner":{"name":"n"}})");
  std::string_view value;
  CHECK(find_proto_field(message, 1, value) && value == "a");
  CHECK(find_proto_field(message, 6, value) && value == "\x0a\x01n");
  CHECK(find_proto_field(message, 4, value) && value.empty());
  CHECK(find_proto_field(message, 2, value) && value.empty());
  CHECK(!find_proto_field(message.substr(0, message.size() - 1), 1, value));
}
