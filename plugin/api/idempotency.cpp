#include "api/idempotency.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lws_chat {

// The slash keeps pairs apart, because no room's name has one. The journal makes the same keys.
std::string Idempotency::full(std::string_view room, std::string_view key) {
  return std::string(room).append("/").append(key);
}

void Idempotency::forget_old(Time now) {
  while (!ages_.empty() && (ages_.front().until <= now || ages_.size() > kMost)) {
    entries_.erase(ages_.front().key);
    ages_.pop_front();
  }
}

Deferred<Published> Idempotency::once(std::string_view room, std::string_view key, Time now,
                                      const std::function<Deferred<Published>()>& publish) {
  forget_old(now);
  auto [place, fresh] = entries_.try_emplace(full(room, key));
  Entry& entry = place->second;
  if (!fresh && !entry.waiting) return Published{Status::kOk, entry.position, 0, now};
  if (fresh) {
    try {
      entry.waiting = std::make_unique<Waiting>();
      Deferred<Published> answer = publish();
      if (answer.ready()) {
        settle(place->first, answer.value());
        return answer;
      }
      answer.then(lifetime_, [this, name = place->first](const Published& published) { settle(name, published); });
    } catch (...) {
      entries_.erase(place);
      throw;
    }
  }
  entry.waiting->emplace_back();
  return entry.waiting->back().deferred();
}

// Who is told may ask again at once.
void Idempotency::settle(const std::string& key, const Published& published) {
  auto place = entries_.find(key);
  if (place == entries_.end()) return;
  std::unique_ptr<Waiting> waiting = std::move(place->second.waiting);
  if (published.status == Status::kOk) {
    place->second.position = published.position;
    ages_.push_back({published.at + kKeep, place->first});
  } else {
    entries_.erase(place);
  }
  for (Promise<Published>& one : *waiting) one.keep(published);
}

void Idempotency::load(Records& records, Time now, int64_t unix_ms) {
  records.load(Records::Kind::kPublication, [&](std::string_view key, std::string_view value, int64_t until) {
    Position position;
    const char* end = value.data() + value.size();
    auto [rest, fault] = std::from_chars(value.data(), end, position.offset);
    if (fault != std::errc() || rest == end || *rest != ' ') return;
    position.epoch.assign(rest + 1, end);
    Time left = std::clamp<int64_t>(until - unix_ms, 0, kKeep / 1000) * 1000;
    if (entries_.try_emplace(std::string(key), Entry{std::move(position)}).second)
      ages_.push_back({now + left, std::string(key)});
  });
  std::sort(ages_.begin(), ages_.end(), [](const Age& one, const Age& other) { return one.until < other.until; });
}

}  // namespace lws_chat
