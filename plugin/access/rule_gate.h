#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/gate.h"
#include "core/settings.h"

namespace lws_chat {

// Returns what is wrong with a regular expression for rooms' names, or an empty text. github.com/google/re2/wiki/Syntax
std::string pattern_problem(const std::string& pattern);

// The gate of a server: decides by the rules of a room's namespace. Two signs in a room's name are rules, too, as in
// Centrifugo: a room that begins with $ needs a token or a back end that lets the client in, and a room with # is only
// for the users named behind the last #, with commas between them ("dialog#1,2").
class RuleGate final : public Gate {
 public:
  // The settings have to outlive it. Their patterns have no problem.
  explicit RuleGate(const HubSettings& settings);
  ~RuleGate() override;

  Deferred<Status> judge(const Grant& grant, Action action, std::string_view room, const Message* message) override;

 private:
  struct Namespace;

  const Namespace* find(std::string_view room) const;
  static bool fits(const Namespace& space, std::string_view room);
  static Status judge_join(const Namespace& rules, const Grant& grant, std::string_view room);

  const HubSettings& settings_;
  std::vector<std::unique_ptr<const Namespace>> namespaces_;  // the first one has no name
};

}  // namespace lws_chat
