#include "core/identity.h"

namespace lws_chat {

void Departed::add(std::string key, IdentityPtr identity, Time until) {
  if (entries_.size() >= kMost) forget_oldest();
  auto entry = entries_.emplace(std::move(key), Entry{std::move(identity), until});
  by_age_.emplace(until, entry);
}

IdentityPtr Departed::take(std::string_view key, Time now) {
  while (!by_age_.empty() && by_age_.begin()->first <= now) forget_oldest();
  auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  IdentityPtr identity = found->second.identity;
  auto [first, last] = by_age_.equal_range(found->second.until);
  while (first != last && first->second != found) ++first;
  if (first != last) by_age_.erase(first);
  entries_.erase(found);
  return identity;
}

void Departed::forget_oldest() {
  entries_.erase(by_age_.begin()->second);
  by_age_.erase(by_age_.begin());
}

}  // namespace lws_chat
