#include "access/rule_gate.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

const Grant kStranger{};
const Grant kAda{"ada"};
const Grant kMember{{}, true};
const Grant kInvited{"ada", false, true};

// Settings with one rule for all rooms.
HubSettings settings_of(const RoomRules& rules) {
  HubSettings settings;
  settings.rooms.rules = rules;
  return settings;
}

Status verdict(const HubSettings& settings, const Grant& grant, Action action, std::string_view room) {
  return RuleGate(settings).judge(grant, action, room, nullptr).value();
}

Status may_join(const HubSettings& settings, const Grant& grant, std::string_view room) {
  return verdict(settings, grant, Action::kJoin, room);
}

HubSettings joined_by(Who who) {
  RoomRules rules;
  rules.join = who;
  return settings_of(rules);
}

HubSettings published_by(Who who) {
  RoomRules rules;
  rules.publish = who;
  return settings_of(rules);
}

bool may_publish(Who who, const Grant& grant) {
  return verdict(published_by(who), grant, Action::kPublish, "a") == Status::kOk;
}

}  // namespace

TEST(anyone_joins_a_room_for_anyone) { CHECK(may_join(joined_by(Who::kAnyone), kStranger, "a") == Status::kOk); }

TEST(only_a_known_user_joins_a_room_for_users) {
  CHECK(may_join(joined_by(Who::kUsers), kStranger, "a") == Status::kNotPermitted);
  CHECK(may_join(joined_by(Who::kUsers), kAda, "a") == Status::kOk);
}

TEST(a_token_lets_a_client_into_every_room) {
  for (Who who : {Who::kUsers, Who::kInvited, Who::kNoClient})
    CHECK(may_join(joined_by(who), kInvited, "a") == Status::kOk);
  CHECK(may_join(joined_by(Who::kInvited), kAda, "a") == Status::kNotPermitted);
  CHECK(may_join(joined_by(Who::kNoClient), kAda, "a") == Status::kNotPermitted);
}

TEST(a_room_that_begins_with_a_dollar_needs_a_token) {
  CHECK(may_join(joined_by(Who::kAnyone), kAda, "$a") == Status::kNotPermitted);
  CHECK(may_join(joined_by(Who::kAnyone), kInvited, "$a") == Status::kOk);
}

TEST(a_room_with_users_in_its_name_is_for_them_only) {
  HubSettings nobody = joined_by(Who::kNoClient);
  CHECK(may_join(nobody, kAda, "dialog#bob,ada") == Status::kOk);
  CHECK(may_join(nobody, kAda, "dialog#ada") == Status::kOk);
  CHECK(may_join(nobody, kAda, "dialog#adam,bob") == Status::kNotPermitted);
  CHECK(may_join(nobody, kAda, "dialog#ada#bob") == Status::kNotPermitted);
  CHECK(may_join(joined_by(Who::kAnyone), kAda, "dialog#bob") == Status::kNotPermitted);
}

TEST(a_stranger_is_no_user_of_a_room_with_users) {
  CHECK(may_join(joined_by(Who::kAnyone), kStranger, "dialog#") == Status::kNotPermitted);
  CHECK(may_join(joined_by(Who::kAnyone), kStranger, "dialog#ada,") == Status::kNotPermitted);
}

TEST(each_rule_for_publishing_lets_its_clients_publish) {
  CHECK(may_publish(Who::kAnyone, kStranger));
  CHECK(may_publish(Who::kUsers, kAda));
  CHECK(!may_publish(Who::kUsers, kMember));
  CHECK(may_publish(Who::kMembers, kMember));
  CHECK(!may_publish(Who::kMembers, kAda));
  CHECK(may_publish(Who::kInvited, kInvited));
  CHECK(!may_publish(Who::kInvited, kMember));
  CHECK(!may_publish(Who::kNoClient, kInvited));
}

TEST(history_and_presence_have_rules_of_their_own) {
  RoomRules rules;
  rules.history = Who::kUsers;
  rules.presence = Who::kMembers;
  HubSettings settings = settings_of(rules);
  CHECK(verdict(settings, kAda, Action::kHistory, "a") == Status::kOk);
  CHECK(verdict(settings, kMember, Action::kHistory, "a") == Status::kNotPermitted);
  CHECK(verdict(settings, kAda, Action::kPresence, "a") == Status::kNotPermitted);
  CHECK(verdict(settings, kMember, Action::kPresence, "a") == Status::kOk);
}

TEST(a_back_end_may_do_everything_in_rooms_that_can_be) {
  HubSettings settings = published_by(Who::kNoClient);
  settings.strict_namespaces = true;
  CHECK(verdict(settings, kServerGrant, Action::kPublish, "a") == Status::kOk);
  CHECK(verdict(settings, kServerGrant, Action::kPublish, "other:a") == Status::kUnknownNamespace);
}

TEST(a_room_has_the_rules_of_its_namespace) {
  HubSettings settings = joined_by(Who::kNoClient);
  settings.namespaces.emplace_back("public", RoomSettings());
  CHECK(may_join(settings, kStranger, "public:a") == Status::kOk);
  CHECK(may_join(settings, kStranger, "other:a") == Status::kNotPermitted);
  CHECK(may_join(settings, kStranger, "a") == Status::kNotPermitted);
}

TEST(a_dollar_is_no_part_of_the_namespace) {
  HubSettings settings = joined_by(Who::kNoClient);
  settings.strict_namespaces = true;
  settings.namespaces.emplace_back("public", RoomSettings());
  CHECK(may_join(settings, kInvited, "$public:a") == Status::kOk);
  CHECK(may_join(settings, kStranger, "$public:a") == Status::kNotPermitted);
}

TEST(strict_namespaces_refuse_rooms_of_an_unknown_namespace) {
  HubSettings settings;
  settings.strict_namespaces = true;
  settings.namespaces.emplace_back("public", RoomSettings());
  CHECK(may_join(settings, kInvited, "other:a") == Status::kUnknownNamespace);
  CHECK(verdict(settings, kAda, Action::kPublish, "other:a") == Status::kUnknownNamespace);
  CHECK(may_join(settings, kStranger, "public:a") == Status::kOk);
  CHECK(may_join(settings, kStranger, "a") == Status::kOk);
}

TEST(a_pattern_is_for_the_name_behind_the_namespace) {
  RoomSettings rooms;
  rooms.rules.pattern = "^[a-z]+$";
  HubSettings settings;
  settings.namespaces.emplace_back("public", rooms);
  CHECK(may_join(settings, kStranger, "public:abc") == Status::kOk);
  CHECK(may_join(settings, kStranger, "public:abc1") == Status::kBadRoomName);
  CHECK(may_join(settings, kInvited, "public:") == Status::kBadRoomName);
  CHECK(may_join(settings, kStranger, "123") == Status::kOk);
}

TEST(a_pattern_may_match_anywhere) {
  RoomRules rules;
  rules.pattern = "b";
  CHECK(may_join(settings_of(rules), kStranger, "abc") == Status::kOk);
  CHECK(may_join(settings_of(rules), kStranger, "ac") == Status::kBadRoomName);
}

// In Redis, their messages would be where the other rooms have their positions.
TEST(shared_rooms_do_not_begin_with_meta) {
  HubSettings settings;
  settings.rooms.shared = true;
  settings.namespaces.emplace_back("local", RoomSettings());
  settings.namespaces.emplace_back("meta.local", RoomSettings());
  for (const Grant& grant : {kStranger, kInvited})
    CHECK(may_join(settings, grant, "meta.room") == Status::kBadRoomName);
  Grant back_end;
  back_end.server = true;
  for (Action action : {Action::kJoin, Action::kPublish, Action::kHistory, Action::kPresence})
    CHECK(verdict(settings, back_end, action, "meta.room") == Status::kBadRoomName);
  for (std::string_view room : {"meta", "metal.room", "a.meta.room", "local:meta.room", "meta.local:room"})
    CHECK(may_join(settings, kStranger, room) == Status::kOk);
}

TEST(a_broken_pattern_has_a_problem) {
  CHECK_EQ(pattern_problem("^a$"), "");
  CHECK(pattern_problem("(a").find("missing") != std::string::npos);
}
