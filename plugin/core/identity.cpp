#include "core/identity.h"

namespace lws_chat {

size_t Departed::bytes_of(const Entries::value_type& entry) {
  constexpr size_t kNodes = 256;  // of both maps and of the identity, about
  return kNodes + entry.first.size() + entry.second.identity->json.size();
}

void Departed::add(std::string key, IdentityPtr identity, Time until) {
  Age age(until, ++added_);
  auto entry = entries_.emplace(std::move(key), Entry{std::move(identity), age});
  try {
    by_age_.emplace(age, entry);
  } catch (...) {
    entries_.erase(entry);
    throw;
  }
  bytes_.set(bytes() + bytes_of(*entry));
  while (entries_.size() > kMost || bytes() > most_bytes_) forget_oldest();
}

IdentityPtr Departed::take(std::string_view key, Time now) {
  expire(now);
  auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  IdentityPtr identity = found->second.identity;
  by_age_.erase(found->second.age);
  forget(found);
  return identity;
}

void Departed::expire(Time now) {
  while (due() <= now) forget_oldest();
}

void Departed::forget(Entries::iterator entry) {
  bytes_.set(bytes() - bytes_of(*entry));
  entries_.erase(entry);
}

void Departed::forget_oldest() {
  forget(by_age_.begin()->second);
  by_age_.erase(by_age_.begin());
}

}  // namespace lws_chat
