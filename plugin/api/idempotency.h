#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/deferred.h"
#include "core/log/message.h"
#include "core/publication.h"
#include "core/records.h"

namespace lws_chat {

// Results of publications with an idempotency key. A back end that is not sure may repeat a request: it gets the same
// result, and nothing is published again.
class Idempotency {
 public:
  static constexpr Time kKeep = Time{300} * 1'000'000;  // microseconds
  static constexpr size_t kMost = 100000;               // results; the oldest are dropped beyond that
  static constexpr size_t kLongest = 255;               // bytes of a key

  // Returns the result of the same key in that room. If there is none, it calls `publish`. Those who ask while a
  // publication is under way get its result, also a refusal; who asks after a refusal publishes again.
  Deferred<Published> once(std::string_view room, std::string_view key, Time now,
                           const std::function<Deferred<Published>()>& publish);

  // Reads the results that the journal has kept together with their messages. To be called before anything else.
  void load(Records& records, Time now, int64_t unix_ms);

 private:
  using Waiting = std::vector<Promise<Published>>;
  struct Entry {
    Position position{};
    std::unique_ptr<Waiting> waiting{};  // those who wait for the publication; nullptr: it is done
  };

  static std::string full(std::string_view room, std::string_view key);
  void forget_old(Time now);
  void settle(const std::string& key, const Published& published);

  struct Age {
    Time until;
    std::string key;
  };
  std::unordered_map<std::string, Entry> entries_;
  std::deque<Age> ages_;  // of publications that are done, oldest first
  Lifetime lifetime_;
};

}  // namespace lws_chat
