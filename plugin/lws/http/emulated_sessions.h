#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace lws_chat {

class StructuredStream;

// The clients of a hub that send their commands with requests of their own (POST /emulation), by the id of their
// session. Only the client knows the id, which nobody can guess.
class EmulatedSessions {
 public:
  // `node` names this hub, since its start. A client that shows another one had its session at another server, or
  // before a restart.
  explicit EmulatedSessions(std::string node) : node_(std::move(node)) {}

  const std::string& node() const { return node_; }
  void add(const std::string& id, StructuredStream& stream) { streams_.emplace(id, &stream); }
  void remove(const std::string& id) { streams_.erase(id); }

  // The stream of that session, or nullptr.
  StructuredStream* find(const std::string& id) const {
    auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second;
  }

 private:
  std::string node_;
  std::unordered_map<std::string, StructuredStream*> streams_;
};

}  // namespace lws_chat
