#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/json.h"

namespace lws_chat {

enum class Method : uint8_t {
  kConnect,
  kSubscribe,
  kUnsubscribe,
  kPublish,
  kPresence,
  kPresenceStats,
  kHistory,
  kPing,
  kSend,
  kRpc,
  kRefresh,
  kSubRefresh,
  kUnknown,  // a name that is none of these
  kNone,     // no name at all: an answer to our ping
};

// What a method is asked with. Fields that the method does not know are left aside, as the protocol wants it;
// one of the wrong type spoils the request.
class Request {
 public:
  Request() = default;
  explicit Request(std::vector<JsonMember> fields) : fields_(std::move(fields)) {}

  // The field, or what stands for it when it is missing or null.
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  uint64_t number(std::string_view name);
  int64_t signed_number(std::string_view name, int64_t min, int64_t max);
  Request object(std::string_view name, bool& given);
  std::string_view json(std::string_view name) const;  // as it stands; empty: not given

  // What is wrong with the fields asked for so far ("offset is no whole number"); empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  const JsonValue* find(std::string_view name) const;
  void complain(std::string_view name, std::string_view what);

  std::vector<JsonMember> fields_;
  std::string problem_;
};

// One command of Centrifuge's client protocol.
struct Command {
  uint32_t id = 0;  // 0: none given
  Method method = Method::kNone;
  std::string name;     // of the method, as it was sent
  Request request;      // slices of the line that was read
  std::string problem;  // why it cannot be done though it can be answered; empty: it can
};

// Reads one line. Returns false if it is no command at all, nor an answer to a ping.
[[nodiscard]] bool read_command(std::string_view line, Command& command);

}  // namespace lws_chat
