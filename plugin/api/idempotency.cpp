#include "api/idempotency.h"

#include <utility>

namespace lws_chat {

// The slash keeps pairs apart, because no room's name has one.
std::string Idempotency::full(std::string_view room, std::string_view key) {
  return std::string(room).append("/").append(key);
}

const std::string* Idempotency::find(std::string_view room, std::string_view key, Time now) {
  while (!ages_.empty() && (ages_.front().until <= now || ages_.size() > kMost)) {
    results_.erase(ages_.front().key);
    ages_.pop_front();
  }
  auto found = results_.find(full(room, key));
  return found == results_.end() ? nullptr : &found->second;
}

void Idempotency::add(std::string_view room, std::string_view key, std::string result, Time now) {
  auto [place, fresh] = results_.emplace(full(room, key), std::move(result));
  if (fresh) ages_.push_back({now + kKeep, place->first});
}

}  // namespace lws_chat
