// The parts of the structured dialect that the load needs: Centrifuge's client protocol in JSON. Published texts need
// no escapes.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// A client's first message. subscribed() is true for the last answer to it.
inline std::string greeting(const std::string& channel) {
  return "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"" + channel + "\"}}";
}

inline bool subscribed(std::string_view message) {
  return message.find("{\"id\":2,\"subscribe\":") != std::string_view::npos;
}

inline std::string publication(uint64_t id, const std::string& channel, std::string_view text) {
  std::string json = "{\"id\":" + std::to_string(id) + ",\"publish\":{\"channel\":\"" + channel + "\",\"data\":\"";
  return json.append(text).append("\"}}");
}

// The text in a push. Empty: the message is not a push.
inline std::string_view published(std::string_view message) {
  constexpr std::string_view kPush = "{\"push\":";
  constexpr std::string_view kData = "\"data\":\"";
  if (message.substr(0, kPush.size()) != kPush) return {};
  size_t begin = message.find(kData);
  if (begin == std::string_view::npos) return {};
  std::string_view data = message.substr(begin + kData.size());
  return data.substr(0, data.find('"'));
}

inline bool refused(std::string_view message) { return message.find("\"error\":{") != std::string_view::npos; }

}  // namespace bench
