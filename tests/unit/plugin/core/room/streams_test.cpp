#include "core/room/streams.h"

#include <string>
#include <vector>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(each_kind_gets_its_own_encoding_and_only_those_who_asked_get_joins) {
  Hub::Settings chosen = settings();
  chosen.rooms.presence = chosen.rooms.join_leave = true;
  Hub hub(chosen, core_kinds(encode, encode_for_members));
  auto ann = std::make_shared<Identity>(Identity{"1", "ann", "ann"});
  Reader text(kPlain, ann), structured(kMember, ann), watching(kWatcher, ann);
  for (Reader* reader : {&text, &watching, &structured}) CHECK(lws_chat::join(hub, *reader, "r", 0, 0) == Status::kOk);
  lws_chat::publish(hub, text, Message{"m"}, 0);
  hub.flush(0, kMany);
  CHECK_EQ(text.got, "m");
  CHECK_EQ(structured.got, "r:1:m;");
  CHECK_EQ(watching.got, "+ann+annr:1:m;");
  for (Reader* reader : {&text, &watching, &structured}) hub.leave(*reader, 0);
}

TEST(kinds_with_the_same_encoder_share_one_encoding) {
  static int calls;
  calls = 0;
  Encode counting = [](FrameSink& sink, const Event& event) { ++calls, sink.append("", event.message.payload); };
  StreamKinds kinds = {{"a", counting}, {"b", counting}, {"c", counting}, {"d", encode}};
  Memory memory(1 << 20);
  RoomStreams streams(memory, nullptr, kinds);
  std::vector<Cursor> cursors;
  for (KindId kind : {KindId{0}, KindId{2}, KindId{3}}) cursors.push_back(streams.of(kind).stream.join());
  (void)streams.of(1);  // has no reader
  streams.append({Event::Kind::kPublication, "room", Message{"hi"}});
  CHECK_EQ(calls, 1);
  for (KindId kind : {KindId{0}, KindId{2}, KindId{3}}) CHECK_EQ(streams.of(kind).stream.unread(0, 2), "hi");
  CHECK_EQ(streams.of(1).stream.head(), 0u);
  CHECK_EQ(streams.made(), 4u);
  for (KindId kind : {KindId{0}, KindId{2}, KindId{3}}) streams.of(kind).stream.leave(0);
}

namespace {

// Puts every message into brackets.
class Bracketer final : public Packer {
 public:
  void pack(FrameSink& sink, std::string_view frames) override {
    ++calls;
    sink.append("(", std::string(frames) + ")");
  }
  int calls = 0;
};

}  // namespace

TEST(a_packer_packs_once_for_all_its_readers_and_the_others_get_plain_frames) {
  Bracketer packer;
  StreamKinds kinds = {{"a", encode}, {"b", encode}, {"c", encode}, {"d", encode}};
  kinds[1].packer = kinds[2].packer = &packer;
  Memory memory(1 << 20);
  RoomStreams streams(memory, nullptr, kinds);
  for (KindId kind : {KindId{2}, KindId{0}, KindId{1}, KindId{3}}) (void)streams.of(kind).stream.join();
  streams.append({Event::Kind::kPublication, "room", Message{"hi"}});
  CHECK_EQ(packer.calls, 1);
  for (KindId kind : {KindId{0}, KindId{3}}) CHECK_EQ(streams.of(kind).stream.unread(0, 9), "hi");
  for (KindId kind : {KindId{1}, KindId{2}}) CHECK_EQ(streams.of(kind).stream.unread(0, 9), "(hi)");
  for (KindId kind : {KindId{1}, KindId{2}}) streams.of(kind).stream.leave(0);
  streams.append({Event::Kind::kPublication, "room", Message{"plain"}});
  CHECK_EQ(packer.calls, 1);
  for (KindId kind : {KindId{0}, KindId{3}}) streams.of(kind).stream.leave(0);
}

TEST(a_lonely_reader_of_a_packed_kind_gets_packed_frames) {
  Bracketer packer;
  StreamKinds kinds = {{"a", encode}};
  kinds[0].packer = &packer;
  Memory memory(1 << 20);
  RoomStreams streams(memory, nullptr, kinds);
  Stream& stream = streams.of(0).stream;
  Cursor cursor = stream.join();
  streams.append({Event::Kind::kPublication, "room", Message{"hi"}});
  CHECK_EQ(stream.unread(cursor, 9), "(hi)");
  stream.leave(cursor);
}

TEST(an_attempt_that_is_not_kept_takes_back_its_event) {
  StreamKinds kinds = core_kinds(encode, encode);
  Memory memory(1 << 20);
  RoomStreams streams(memory, nullptr, kinds);
  Stream& stream = streams.of(kPlain).stream;
  Cursor cursor = stream.join();
  {
    RoomStreams::Attempt attempt(streams);
    streams.append({Event::Kind::kPublication, "room", Message{"lost"}});
  }
  CHECK_EQ(stream.head(), 0u);
  {
    RoomStreams::Attempt attempt(streams);
    streams.append({Event::Kind::kPublication, "room", Message{"kept"}});
    attempt.keep();
  }
  CHECK_EQ(stream.unread(cursor, 4), "kept");
  stream.leave(cursor);
}

namespace {

void encode_change(FrameSink& sink, const Event& event) {
  sink.append(event.patch.empty() ? "=" : "+", event.patch.empty() ? event.message.payload : event.patch);
}

bool to(std::string& patch, const Message& before, const Message& message) {
  patch = std::string(before.payload) + ">" + std::string(message.payload);
  return true;
}

}  // namespace

TEST(a_change_is_of_the_last_message_that_was_kept) {
  StreamKinds kinds = {{"whole", encode}, {"changes", encode_change}};
  kinds[0].next = 1;
  kinds[1].patch = to;
  Memory memory(1 << 20);
  RoomStreams streams(memory, nullptr, kinds);
  Stream& changes = streams.of(1).stream;
  Cursor cursor = changes.join();
  for (const char* text : {"a", "lost", "b", "c"}) {
    RoomStreams::Attempt attempt(streams);
    streams.append({Event::Kind::kPublication, "room", Message{text}});
    if (std::string_view(text) != "lost") attempt.keep();
  }
  CHECK_EQ(changes.unread(cursor, 100), "=a+a>b+b>c");
  CHECK(memory.clients.used() > 0);
  changes.leave(cursor);
  streams.forget_last();
  CHECK_EQ(memory.clients.used(), 0u);
}
