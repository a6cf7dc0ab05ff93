// What two nodes of Centrifugo 6.9.1 have said through Redis 7.0, and that we would have said the same bytes.
//
// Recorded with `redis-cli --no-raw psubscribe '*'` while its HTTP API was asked to publish, subscribe, unsubscribe,
// refresh, disconnect and list channels, and a client with centrifuge-js 5.8.0 and tokens was in the room "news". Rooms
// had a history of 10 messages, presence and joins; "delta:x" had deltas, "live:x" no history.
#include "redis/client_info.h"
#include "redis/control.h"
#include "redis/payload.h"
#include "redis/survey.h"
#include "support/unit.h"

using namespace lws_chat;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kNode = "5e1d97c0-308d-4919-ad08-000277805747";
constexpr std::string_view kOther = "ee17ae1f-dbb0-40b6-befc-ac3481668298";
constexpr std::string_view kClient = "af3bfcef-5cf2-464b-8896-905f3dd8836d";
constexpr std::string_view kWho = R"({"user":"u42","client":"af3bfcef-5cf2-464b-8896-905f3dd8836d",)"
                                  R"("conn_info":{"name": "Ann"},"chan_info":{"role": "host"}})";

// Puts a command's node before it.
std::string said_by(std::string_view node, std::string_view rest) {
  std::string bytes = "\012$";
  return bytes.append(node).append(rest);
}

// The command of these bytes. We would have written the same ones.
template <typename Body>
Body said(std::string_view bytes, std::string_view by = kNode) {
  ControlCommand command;
  CHECK(read_control(bytes, command));
  CHECK_EQ(command.from, by);
  std::string again;
  append_control(again, command);
  CHECK(again == bytes);
  return std::get<Body>(command.body);
}

struct Published {
  std::string_view data;
  uint64_t offset;
  std::string_view epoch;
  int64_t unix_ms;
};

// Reads a message without a publisher, and checks that we would have written the same bytes.
Message check_published(std::string_view bytes, const Published& published) {
  static PayloadReader reader;
  RoomPayload payload;
  CHECK(reader.read(bytes, payload));
  CHECK(payload.kind == Event::Kind::kPublication);
  CHECK_EQ(payload.message.payload, published.data);
  CHECK(payload.message.format == Format::kJson);
  CHECK_EQ(payload.offset, published.offset);
  CHECK_EQ(payload.epoch, published.epoch);
  CHECK_EQ(payload.message.unix_ms, published.unix_ms);
  CHECK_EQ(payload.message.ephemeral, published.offset == 0);
  std::string again;
  append_publication_bytes(again, payload.message);
  if (published.offset > 0) again = with_position(published.offset, published.epoch, again);
  CHECK(again == bytes);
  return payload.message;
}

}  // namespace

TEST(publications_of_the_api) {
  Message message =
      check_published("__p1:1:MyLNIblx__\"\017{\"from\": \"api\"}:\012\012\004lang\022\002enH\264\346\204\315\2414"sv,
                      {R"({"from": "api"})", 1, "MyLNIblx", 1795726324532});
  CHECK_EQ(message.tags, R"({"lang":"en"})");
  message = check_published("__p1:3:MyLNIblx__\"\010{\"n\": 3}H\270\346\204\315\2414\200\001\007"sv,
                            {R"({"n": 3})", 3, "MyLNIblx", 1795726324536});
  CHECK_EQ(message.version, 7u);
}

TEST(publications_that_no_history_keeps) {
  check_published("\"\013{\"skip\": 1}H\271\346\204\315\2414"sv, {R"({"skip": 1})", 0, "", 1795726324537});
  check_published("\"\013{\"live\": 1}H\272\346\204\315\2414"sv, {R"({"live": 1})", 0, "", 1795726324538});
}

TEST(a_publication_of_a_client) {
  Message message = check_published(
      "__p1:5:MyLNIblx__\"\027{\"text\":\"from the SDK\"}*N\012\003u42\022$af3bfcef-5cf2-464b-8896-905f3dd8836d"
      "\032\017{\"name\": \"Ann\"}\"\020{\"role\": \"host\"}H\335\347\204\315\2414"sv,
      {R"({"text":"from the SDK"})", 5, "MyLNIblx", 1795726324701});
  CHECK_EQ(message.publisher, kWho);
}

TEST(data_that_is_no_json) {
  PayloadReader reader;
  RoomPayload payload;
  CHECK(reader.read("__p1:4:MyLNIblx__\"\003\377\000\001H\274\346\204\315\2414"sv, payload));
  CHECK_EQ(payload.message.payload, "\377\000\001"sv);
  CHECK(payload.message.format == Format::kBinary);
}

TEST(publications_with_deltas) {
  PayloadReader reader;
  RoomPayload payload;
  CHECK(reader.read("__d1:1:UjvWLoRc:0::34:\"\031{\"text\": \"one two three\"}H\272\346\204\315\2414"sv, payload));
  CHECK_EQ(payload.message.payload, R"({"text": "one two three"})");
  CHECK_EQ(payload.offset, 1u);
  CHECK(
      reader.read("__d1:2:UjvWLoRc:34:\"\031{\"text\": \"one two three\"}H\272\346\204\315\2414:33:"
                  "\"\030{\"text\": \"one two four\"}H\273\346\204\315\2414"sv,
                  payload));
  CHECK_EQ(payload.message.payload, R"({"text": "one two four"})");
  CHECK_EQ(payload.offset, 2u);
  CHECK_EQ(payload.epoch, "UjvWLoRc");
}

TEST(joins_leaves_and_presence) {
  constexpr std::string_view kBytes =
      "\012\003u42\022$af3bfcef-5cf2-464b-8896-905f3dd8836d\032\017{\"name\": \"Ann\"}\"\020{\"role\": \"host\"}";
  Identity who;
  CHECK(read_client_info(kBytes, who));
  CHECK_EQ(who.json, kWho);
  CHECK_EQ(who.client, kClient);
  CHECK_EQ(who.user, "u42");
  std::string join, leave;
  append_join_bytes(join, kWho);
  append_leave_bytes(leave, kWho);
  CHECK_EQ(join, "__j__" + std::string(kBytes));
  CHECK_EQ(leave, "__l__" + std::string(kBytes));
}

// The first announcement of a node has metrics, which are in maps: Go puts them into any order.
TEST(announcements_of_nodes) {
  std::string bytes = said_by(kNode, "\";\012$5e1d97c0-308d-4919-ad08-000277805747\022\010vm_21002\032\0110.0.0 OSS");
  auto node = said<NodeAnnouncement>(bytes);
  CHECK_EQ(node.uid, kNode);
  CHECK_EQ(node.name, "vm_21002");
  CHECK_EQ(node.version, "0.0.0 OSS");
  CHECK_EQ(node.uptime, 0u);
  bytes = said_by(kOther,
                  "\"E\012$ee17ae1f-dbb0-40b6-befc-ac3481668298\022\010vm_21003\032\0110.0.0 OSS"
                  " \001(\0010\0018\006P\001");
  node = said<NodeAnnouncement>(bytes, kOther);
  CHECK_EQ(node.clients, 1u);
  CHECK_EQ(node.users, 1u);
  CHECK_EQ(node.channels, 1u);
  CHECK_EQ(node.subscriptions, 1u);
  CHECK_EQ(node.uptime, 6u);
  said<NodeShutdown>(said_by(kNode, ":\000"sv));
}

TEST(a_survey_of_channels) {
  std::string bytes = said_by(kNode, "B\023\010\002\022\010channels\032\005\012\003ne*");
  auto asked = said<SurveyRequest>(bytes);
  CHECK_EQ(asked.id, 2u);
  CHECK_EQ(asked.op, kSurveyChannels);
  ChannelsQuestion question;
  CHECK(read_survey(asked.data, question));
  CHECK_EQ(question.pattern, "ne*");
  bytes = said_by(kOther, "J\020\010\002\032\014\012\012\012\004news\022\002\010\001");
  auto answered = said<SurveyResponse>(bytes, kOther);
  CHECK_EQ(answered.id, 2u);
  CHECK_EQ(answered.code, 0u);
  ChannelsAnswer answer;
  CHECK(read_survey(answered.data, answer));
  CHECK_EQ(answer.channels.size(), 1u);
  CHECK_EQ(answer.channels[0].name, "news");
  CHECK_EQ(answer.channels[0].clients.number, 1u);
  std::string again;
  append_survey(again, answer);
  CHECK_EQ(again, answered.data);
}

TEST(commands_of_the_api) {
  std::string bytes = said_by(kNode, "R#\012\003u42\022\006live:yB\010{\"i\": 1}R\010{\"d\": 1}p\012");
  auto subscribe = said<SubscribeCommand>(bytes);
  CHECK_EQ(subscribe.target.user, "u42");
  CHECK_EQ(subscribe.channel, "live:y");
  CHECK_EQ(subscribe.channel_info, R"({"i": 1})");
  CHECK_EQ(subscribe.data, R"({"d": 1})");
  CHECK_EQ(subscribe.source, 10u);

  bytes = said_by(kNode, "*$\012\006live:y\022\003u42(\320\0172\022server unsubscribe");
  auto unsubscribe = said<UnsubscribeCommand>(bytes);
  CHECK_EQ(unsubscribe.target.user, "u42");
  CHECK_EQ(unsubscribe.channel, "live:y");
  CHECK_EQ(unsubscribe.code, 2000u);
  CHECK_EQ(unsubscribe.reason, "server unsubscribe");

  auto refresh = said<RefreshCommand>(said_by(kNode, "b\013\012\003u42 \230\360\242\330\006"));
  CHECK_EQ(refresh.expire_at, 1795733528);

  bytes = said_by(kNode, "2\021\012\003u42\022\002w1\030\240\037\"\003bye");
  auto disconnect = said<DisconnectCommand>(bytes);
  CHECK_EQ(disconnect.target.user, "u42");
  CHECK_EQ(disconnect.whitelist.size(), 1u);
  CHECK_EQ(disconnect.whitelist[0], "w1");
  CHECK_EQ(disconnect.code, 4000u);
  CHECK_EQ(disconnect.reason, "bye");
}
