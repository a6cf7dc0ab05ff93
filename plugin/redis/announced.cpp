#include "redis/announced.h"

#include <utility>

namespace lws_chat {

// Its identity may be another copy than before, so the key is that one's.
void Announced::come(const std::string& room, const IdentityPtr& who) {
  Members& members = rooms_[room];
  auto known = members.extract(who->client);
  if (known.empty()) {
    members.emplace(who->client, Member{who});
    return;
  }
  known.mapped().leaving = false;
  known.mapped().who = who;
  known.key() = who->client;
  members.insert(std::move(known));
}

void Announced::go(const std::string& room, std::string_view client) {
  if (Member* member = find(room, client)) member->leaving = true;
}

void Announced::left(const std::string& room, std::string_view client) {
  auto members = rooms_.find(room);
  if (members == rooms_.end()) return;
  auto found = members->second.find(client);
  if (found == members->second.end()) return;
  if (!found->second.leaving) {
    found->second.others = Others::kUnaware;
    found->second.shown = false;
    return;
  }
  members->second.erase(found);
  if (members->second.empty()) rooms_.erase(members);
}

Announced::Member* Announced::find(const std::string& room, std::string_view client) {
  auto members = rooms_.find(room);
  if (members == rooms_.end()) return nullptr;
  auto found = members->second.find(client);
  return found == members->second.end() ? nullptr : &found->second;
}

void Announced::each(const std::string& room, const std::function<void(Member&)>& visit) {
  auto members = rooms_.find(room);
  if (members == rooms_.end()) return;
  for (auto& [client, member] : members->second) visit(member);
}

bool Announced::is_news(const std::string& room, Event::Kind kind, std::string_view client) {
  Member* member = find(room, client);
  if (!member) return true;
  if (kind == Event::Kind::kJoin) return !std::exchange(member->shown, true);
  return !member->shown;
}

size_t Announced::size() const {
  size_t size = 0;
  for (const auto& [room, members] : rooms_) size += members.size();
  return size;
}

}  // namespace lws_chat
