// Nodes ask each other which rooms have clients. The answers may be many.
#include "redis/survey.h"
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

// This node, and others with the names "n1", "n2" …
struct Fixture final : BrokerFixture, Peers::Self {
  explicit Fixture(size_t others) {
    broker->peers().attach(*this);
    connect();
    for (size_t i = 1; i <= others; ++i) say(i, NodeAnnouncement{names.emplace_back("n" + std::to_string(i))});
    link.calls.clear();
  }

  NodeFacts facts(Time) override { return {}; }
  void obey(std::string_view, std::string_view, Time) override {}
  std::optional<RoomCounts> rooms(std::string_view) override { return here; }

  template <typename Body>
  void say(size_t node, const Body& body) {
    ControlCommand command{names.at(node - 1)};
    command.body = body;
    hear(command);
  }
  void answer(size_t node, uint32_t code, const std::vector<ChannelsAnswer::Channel>& channels) {
    std::string data;
    append_survey(data, ChannelsAnswer{channels});
    SurveyResponse response{1, code};
    response.data = data;
    say(node, response);
  }
  void ask() {
    broker->peers().rooms("", now()).then(lifetime, [this](const Peers::Rooms& rooms) { found = rooms; });
  }

  std::optional<RoomCounts> here;
  std::deque<std::string> names;
  std::optional<Peers::Rooms> found;
};

}  // namespace

TEST(rooms_of_all_nodes_are_added_up) {
  Fixture f(2);
  f.ask();
  f.answer(1, 0, {{"a", {1}}, {"b", {2}}});
  CHECK(!f.found);
  f.answer(2, 0, {{"b", {3}}});
  CHECK(f.found->status == Status::kOk);
  CHECK(f.found->counts == (RoomCounts{{"a", 1}, {"b", 5}}));
}

TEST(a_node_with_too_many_rooms_says_so_instead_of_listing_them) {
  Fixture f(1);
  std::string data;
  append_survey(data, ChannelsQuestion{});
  f.say(1, SurveyRequest{7, kSurveyChannels, data});
  ControlCommand said;
  CHECK_EQ(f.link.call("PUBLISH").words.at(0), "p.node.n1");
  CHECK(read_control(f.link.call("PUBLISH").words.at(1), said));
  CHECK_EQ(std::get<SurveyResponse>(said.body).code, kSurveyTooMany);
}

TEST(whoever_asks_a_node_with_too_many_rooms_is_told) {
  Fixture f(2);
  f.ask();
  f.answer(2, kSurveyTooMany, {});
  CHECK(f.found->status == Status::kTooManyRooms);
  f.answer(1, 0, {{"a", {1}}});
}

TEST(rooms_of_all_nodes_may_be_too_many_together) {
  constexpr size_t kSize = 1024;
  std::deque<std::string> names;
  auto many = [&](size_t bytes) {
    std::vector<ChannelsAnswer::Channel> channels;
    for (size_t i = 0; i < bytes / kSize; ++i) {
      std::string name = std::to_string(names.size());
      channels.push_back({names.emplace_back(name + std::string(kSize - name.size(), 'x')), {1}});
    }
    return channels;
  };
  Fixture f(3);
  f.ask();
  f.answer(1, 0, many(RedisPeers::kMostRoomBytes));
  CHECK(!f.found);
  f.answer(2, 0, many(kSize));
  CHECK(f.found->status == Status::kTooManyRooms);
  CHECK_EQ(f.found->counts.size(), 0u);
}
