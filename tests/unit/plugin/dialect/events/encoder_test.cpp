#include "dialect/events/encoder.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/log/block_pool.h"
#include "core/log/stream.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr const char* kEpoch = "k3x9q2aa";

// The longest "id:" line that a room may have.
constexpr size_t kLongestId = 4 + 8 + 1 + 20 + 1;

// The bytes of a message for a reader, through a room's stream.
std::string encoded(std::string_view payload, Format format = Format::kText, uint64_t offset = 0) {
  BlockPool pool;
  Stream stream(pool, nullptr);
  Cursor reader = stream.join();
  append_event(stream, {Event::Kind::kPublication, "room", Message{payload, format}, offset, kEpoch});
  std::string all;
  while (reader < stream.head()) {
    std::string_view part = stream.unread(reader, stream.head());
    all += part;
    reader = stream.advance(reader, part.size());
  }
  stream.leave(reader);
  return all;
}

struct Read {
  std::string type, data, id;
};

// Parses a stream like a browser: html.spec.whatwg.org, section 9.2.6.
std::vector<Read> read(std::string_view stream) {
  std::vector<Read> events;
  Read event;
  std::string last_id;
  bool data = false;
  while (!stream.empty()) {
    size_t end = stream.find('\n');
    CHECK(end != std::string_view::npos);
    std::string_view line = stream.substr(0, end);
    stream.remove_prefix(end + 1);
    if (line.empty()) {
      if (data) events.push_back({event.type, event.data.substr(0, event.data.size() - 1), last_id});
      event = {};
      data = false;
      continue;
    }
    CHECK(line.find('\r') == std::string_view::npos);
    size_t colon = line.find(": ");
    CHECK(colon != std::string_view::npos);
    std::string_view field = line.substr(0, colon);
    std::string value(line.substr(colon + 2));
    if (field == "event") event.type = value;
    if (field == "id") last_id = value;
    if (field == "data") event.data += value + '\n', data = true;
    CHECK(field == "event" || field == "id" || field == "data");
  }
  CHECK(!data);
  return events;
}

std::string data_of(std::string_view payload, Format format = Format::kText) {
  std::vector<Read> events = read(encoded(payload, format, 1));
  CHECK_EQ(events.size(), 1u);
  return events[0].data;
}

std::string again(std::string_view id) { return write_positions(read_positions(id)); }

// Two rooms with history and one without.
EventMixer mixer_of_three() {
  EventMixer mixer;
  mixer.add("a", {"aaaaaaaa", 7});
  mixer.add("quiet", {});
  mixer.add("b", {"bbbbbbbb", 0});
  return mixer;
}

struct Turn {
  size_t room;
  std::string events;
};

// Events with data that looks like other parts of a stream.
std::vector<Turn> difficult_turns() {
  std::string data = "data: id: aaaaaaaa:1\ndata: event: b\ndata: \ndata: data:\n\n";
  return {{0, "data: one\nid: aaaaaaaa:8\n\n"},
          {2, "data: \nid: bbbbbbbb:1\n\ndata: id: bbbbbbbb:9\ndata: \nid: bbbbbbbb:2\n\n"},
          {1, data + "data: none has an id\n\n"},
          {0, "data: " + std::string(100, 'x') + "id: aaaaaaaa:99\nid: aaaaaaaa:9\n\n"},
          {2, "data: last\nid: bbbbbbbb:18446744073709551615\n\n"}};
}

std::string mixed(const std::vector<Turn>& turns) {
  EventMixer mixer = mixer_of_three();
  std::string stream;
  for (const Turn& turn : turns) mixer.append(stream, turn.room, turn.events);
  return stream;
}

}  // namespace

TEST(an_event_has_the_text_as_data_and_the_position_as_id) {
  CHECK_EQ(encoded("hello", Format::kText, 42), "data: hello\nid: k3x9q2aa:42\n\n");
}

TEST(a_message_without_history_has_no_id) { CHECK_EQ(encoded("hello"), "data: hello\n\n"); }

TEST(an_empty_message_is_an_event_too) {
  CHECK_EQ(encoded(""), "data: \n\n");
  CHECK_EQ(data_of(""), "");
}

TEST(a_leading_space_and_a_colon_are_kept) {
  CHECK_EQ(data_of(" : x "), " : x ");
  CHECK_EQ(data_of(":"), ":");
}

TEST(each_line_of_a_text_is_a_data_line_with_any_line_end) {
  CHECK_EQ(encoded("a\nb\rc\r\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
}

TEST(line_breaks_at_the_ends_and_in_a_row_are_kept) {
  CHECK_EQ(data_of("\n"), "\n");
  CHECK_EQ(data_of("\r\n\r\n"), "\n\n");
  CHECK_EQ(data_of("\n\r"), "\n\n");
  CHECK_EQ(data_of("\r\r\n\n"), "\n\n\n");
  CHECK_EQ(data_of("\na\n"), "\na\n");
}

TEST(a_message_cannot_forge_fields_or_end_its_event) {
  std::string text = "x\n\nid: forged:1\nevent: gap\nretry: 1\n\ndata: y";
  std::vector<Read> events = read(encoded(text, Format::kText, 3));
  CHECK_EQ(events.size(), 1u);
  CHECK_EQ(events[0].data, text);
  CHECK_EQ(events[0].id, "k3x9q2aa:3");
  CHECK_EQ(events[0].type, "");
}

TEST(json_of_one_string_becomes_that_string) {
  CHECK_EQ(encoded("\"say \\\"hi\\\"\\n\\u55d4\"", Format::kJson), "data: say \"hi\"\ndata: 嗔\n\n");
  CHECK_EQ(encoded("\"\"", Format::kJson), "data: \n\n");
}

TEST(other_json_is_unchanged) {
  for (const char* json : {"{\"b\":1, \"a\":[1e2,null]}", "[\"x\"]", "42", "null"})
    CHECK_EQ(encoded(json, Format::kJson), "data: " + std::string(json) + "\n\n");
}

TEST(json_over_several_lines_is_the_same_json) { CHECK_EQ(data_of("{\r\n\"a\":\n1}", Format::kJson), "{\n\"a\":\n1}"); }

TEST(bytes_become_an_object_with_base64) {
  CHECK_EQ(encoded(std::string_view("\0\xff\n", 3), Format::kBinary, 1),
           "data: {\"base64\":\"AP8K\"}\nid: k3x9q2aa:1\n\n");
  CHECK_EQ(data_of("", Format::kBinary), "{\"base64\":\"\"}");
}

TEST(a_line_of_any_length_stays_one_line) {
  for (size_t size : {16383, 16384, 16385, 32768, 32769, 1000000}) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('!' + text.size() * text.size() % 90);
    CHECK(encoded(text, Format::kText, 5) == "data: " + text + "\nid: k3x9q2aa:5\n\n");
    CHECK(data_of("a\n" + text + "\r\nb") == "a\n" + text + "\nb");
  }
}

TEST(line_breaks_at_the_16_kb_boundary_are_kept) {
  for (size_t size = 16380; size < 16390; ++size)
    for (const char* end : {"\n", "\r", "\r\n"})
      CHECK(data_of(std::string(size, 'x') + end + "y") == std::string(size, 'x') + "\ny");
}

TEST(written_positions_can_be_read_back) {
  for (const char* id : {"k3x9q2aa:42", "a:0", "a:1,b:2,c:3", "a:18446744073709551615"}) CHECK_EQ(again(id), id);
  std::vector<Position> positions = read_positions("a:1,bb:23");
  CHECK_EQ(positions.size(), 2u);
  CHECK_EQ(positions[1].epoch, "bb");
  CHECK_EQ(positions[1].offset, 23u);
}

TEST(invalid_positions_are_left_out) {
  for (const char* id : {"", ",", ":", "::", ":1", "a", "a:", "a:x", "a:1x", "a: 1", "a:+1", "a:-1", "a:0x1", "a:1:2",
                         "a:18446744073709551616", "a:1.5"})
    CHECK_EQ(again(id), "");
  CHECK_EQ(again(",,a:1,junk,b:,:7,b:2,"), "a:1,b:2");
}

TEST(a_long_list_of_garbage_is_read_quickly) {
  std::string id;
  for (int i = 0; i < 100000; ++i) id += i % 2 ? ",:," : "a:1,";
  CHECK_EQ(read_positions(id).size(), 50000u);
}

TEST(a_room_without_history_has_no_position) { CHECK_EQ(write_positions({{"a", 1}, {}, {"b", 2}}), "a:1,b:2"); }

TEST(a_position_event_has_the_room_and_the_id) {
  CHECK_EQ(
      position_event("position", "房 \"1\"", {"k3x9q2aa", 7}, "k3x9q2aa:7"),
      "event: position\ndata: {\"room\":\"房 \\\"1\\\"\",\"epoch\":\"k3x9q2aa\",\"offset\":7}\nid: k3x9q2aa:7\n\n");
}

TEST(a_gap_in_a_room_without_history_has_neither_position_nor_id) {
  CHECK_EQ(position_event("gap", "x", {}, ""), "event: gap\ndata: {\"room\":\"x\"}\n\n");
}

TEST(events_of_several_rooms_have_the_room_as_name_and_all_positions_as_id) {
  std::vector<Turn> turns{{0, "data: one\nid: aaaaaaaa:8\n\ndata: two\nid: aaaaaaaa:9\n\n"},
                          {2, "data: three\nid: bbbbbbbb:1\n\n"},
                          {1, "data: four\n\n"}};
  CHECK_EQ(mixed(turns),
           "event: a\ndata: one\nid: aaaaaaaa:8,bbbbbbbb:0\n\n"
           "event: a\ndata: two\nid: aaaaaaaa:9,bbbbbbbb:0\n\n"
           "event: b\ndata: three\nid: aaaaaaaa:9,bbbbbbbb:1\n\n"
           "event: quiet\ndata: four\n\n");
}

TEST(the_mixer_knows_the_first_position_of_its_readers) { CHECK_EQ(mixer_of_three().id(), "aaaaaaaa:7,bbbbbbbb:0"); }

TEST(data_that_looks_like_a_field_stays_data) {
  std::vector<Read> events = read(mixed(difficult_turns()));
  CHECK_EQ(events.size(), 7u);
  CHECK_EQ(events[2].type, "b");
  CHECK_EQ(events[2].data, "id: bbbbbbbb:9\n");
  CHECK_EQ(events[2].id, "aaaaaaaa:8,bbbbbbbb:2");
  CHECK_EQ(events[5].data, std::string(100, 'x') + "id: aaaaaaaa:99");
  CHECK_EQ(events[5].id, "aaaaaaaa:9,bbbbbbbb:2");
}

// Events of rooms do not mix, so splitting one room's bytes is enough.
TEST(the_input_may_be_split_anywhere) {
  std::string whole = mixed(difficult_turns());
  for (size_t limit = kLongestId; limit <= 200; ++limit) {
    EventMixer mixer = mixer_of_three();
    std::string stream;
    for (const Turn& turn : difficult_turns()) {
      std::string_view events = turn.events;
      while (!events.empty()) {
        size_t size = EventMixer::piece(events, limit);
        CHECK(size > 0 && size <= limit && size <= events.size());
        mixer.append(stream, turn.room, events.substr(0, size));
        events.remove_prefix(size);
      }
    }
    CHECK_EQ(stream, whole);
  }
}

TEST(a_split_at_any_byte_outside_of_an_id_line_changes_nothing) {
  std::vector<Turn> turns = difficult_turns();
  std::string whole = mixed(turns);
  for (size_t split = 0; split < turns.size(); ++split) {
    const std::string& events = turns[split].events;
    for (size_t at = 1; at < events.size(); ++at) {
      size_t line = events.rfind('\n', at - 1) + 1;
      if (line != at && events.compare(line, 4, "id: ") == 0) continue;
      std::vector<Turn> pieces = turns;
      pieces[split].events = events.substr(0, at);
      pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(split) + 1,
                    Turn{turns[split].room, events.substr(at)});
      CHECK_EQ(mixed(pieces), whole);
    }
  }
}

TEST(a_piece_ends_at_a_line_end_if_the_limit_allows_it) {
  CHECK_EQ(EventMixer::piece("data: x\nid: a:1\n\n", 12), 8u);
  CHECK_EQ(EventMixer::piece("data: x\nid: a:1\n\n", 100), 17u);
  CHECK_EQ(EventMixer::piece("data: xxxxxxxx\n\n", 12), 12u);
}
