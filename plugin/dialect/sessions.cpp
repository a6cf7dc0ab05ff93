#include "dialect/sessions.h"

#include <iterator>
#include <string>

#include "dialect/visitor.h"

namespace lws_chat {

void Sessions::add(Visitor& session, const Identity& who, std::string_view key, Place& place) {
  auto client = by_client_.emplace(who.client, &session).first;
  try {
    if (!key.empty()) by_key_.emplace(key, &session);
    place.by_user_ = by_user_.emplace(who.user, &session);
  } catch (...) {
    by_client_.erase(client);
    if (!key.empty()) by_key_.erase(key);
    throw;
  }
  users_ += is_alone(place.by_user_);
  place.who_ = &who;
  place.key_ = key;
}

void Sessions::remove(Place& place) {
  if (!place.who_) return;
  users_ -= is_alone(place.by_user_);
  by_user_.erase(place.by_user_);
  by_client_.erase(place.who_->client);
  if (!place.key_.empty()) by_key_.erase(place.key_);
  place.who_ = nullptr;
}

// Returns true if no other session has the same user. Sessions of one user are side by side.
bool Sessions::is_alone(std::multimap<std::string_view, Visitor*>::const_iterator place) const {
  auto next = std::next(place);
  return (place == by_user_.begin() || std::prev(place)->first != place->first) &&
         (next == by_user_.end() || next->first != place->first);
}

Visitor* Sessions::of_key(std::string_view key) const {
  auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second;
}

Visitor* Sessions::of_client(std::string_view client) const {
  auto found = by_client_.find(client);
  return found == by_client_.end() ? nullptr : found->second;
}

std::vector<Visitor*> Sessions::named(std::string_view name) const {
  std::vector<Visitor*> found;
  for (const auto& [key, session] : by_key_)
    if (session->is({}, {}, name)) found.push_back(session);
  return found;
}

std::vector<Visitor*> Sessions::of_user(std::string_view user) const {
  std::vector<Visitor*> sessions;
  for (auto [at, last] = by_user_.equal_range(user); at != last; ++at) sessions.push_back(at->second);
  return sessions;
}

// A session that ends takes itself off the list, and may take others with it.
void Sessions::check_revoked(std::string_view user, Time now) {
  std::vector<std::string> clients;
  if (user.empty())
    for (const auto& [client, session] : by_client_) clients.emplace_back(client);
  else
    for (Visitor* session : of_user(user)) clients.push_back(session->client_id());
  for (const std::string& client : clients)
    if (Visitor* session = of_client(client)) session->check_revoked(now);
}

}  // namespace lws_chat
