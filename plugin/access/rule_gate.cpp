#include "access/rule_gate.h"

#include <re2/re2.h>

#include <algorithm>

#include "core/room/room_name.h"

namespace lws_chat {
namespace {

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

bool allows(Who who, const Grant& grant) {
  switch (who) {
    case Who::kAnyone: return true;
    case Who::kUsers: return !grant.user.empty();
    case Who::kInvited: return grant.invited;
    case Who::kMembers: return grant.member;
    case Who::kNoClient: return false;
  }
  return false;
}

// Returns true if the room is only for some users, and this is none of them.
bool is_for_others(std::string_view room, std::string_view user) {
  size_t sign = room.rfind('#');
  if (sign == std::string_view::npos) return false;
  if (user.empty()) return true;
  std::string_view users = room.substr(sign + 1);
  for (;;) {
    size_t comma = users.find(',');
    if (users.substr(0, comma) == user) return false;
    if (comma == std::string_view::npos) return true;
    users.remove_prefix(comma + 1);
  }
}

}  // namespace

struct RuleGate::Namespace {
  Namespace(std::string_view of, const RoomRules& its) : name(of), rules(its) {
    if (!rules.pattern.empty()) pattern = std::make_unique<RE2>(rules.pattern, quiet());
  }

  std::string name;
  RoomRules rules;
  std::unique_ptr<const RE2> pattern;  // nullptr: any name fits
};

std::string pattern_problem(const std::string& pattern) {
  RE2 compiled(pattern, quiet());
  return compiled.ok() ? "" : compiled.error();
}

RuleGate::RuleGate(const HubSettings& settings) : settings_(settings) {
  namespaces_.push_back(std::make_unique<Namespace>("", settings.rooms.rules));
  for (const auto& [name, rooms] : settings.namespaces)
    namespaces_.push_back(std::make_unique<Namespace>(name, rooms.rules));
}

RuleGate::~RuleGate() = default;

// Returns nullptr if the room has a namespace that has to be configured, and is not.
const RuleGate::Namespace* RuleGate::find(std::string_view room) const {
  std::string_view name = namespace_in(room);
  auto found =
      std::find_if(namespaces_.begin(), namespaces_.end(), [&](const auto& space) { return space->name == name; });
  if (found != namespaces_.end()) return found->get();
  return settings_.strict_namespaces ? nullptr : namespaces_.front().get();
}

// Returns true if the part of the name behind the namespace may be as it is.
bool RuleGate::fits(const Namespace& space, std::string_view room) {
  if (!space.pattern) return true;
  std::string_view rest = space.name.empty() ? room : room.substr(room.find(':') + 1);
  return RE2::PartialMatch(re2::StringPiece(rest.data(), rest.size()), *space.pattern);
}

Status RuleGate::judge_join(const Namespace& space, const Grant& grant, std::string_view room) {
  if (grant.invited || grant.approved) return Status::kOk;
  if (room.front() == '$' || is_for_others(room, grant.user)) return Status::kNotPermitted;
  // Whom a room's name names may join.
  if (room.find('#') != std::string_view::npos) return Status::kOk;
  return allows(space.rules.join, grant) ? Status::kOk : Status::kNotPermitted;
}

Deferred<Status> RuleGate::judge(const Grant& grant, Action action, std::string_view room, const Message*) {
  const Namespace* space = find(room);
  if (!space) return Status::kUnknownNamespace;
  if (!may_be_shared(room) && settings_.of(room).shared) return Status::kBadRoomName;
  if (grant.server) return Status::kOk;
  if (!fits(*space, room)) return Status::kBadRoomName;
  if (action == Action::kJoin) return judge_join(*space, grant, room);
  const RoomRules& rules = space->rules;
  Who who = action == Action::kPublish ? rules.publish : action == Action::kHistory ? rules.history : rules.presence;
  return grant.approved || allows(who, grant) ? Status::kOk : Status::kNotPermitted;
}

}  // namespace lws_chat
