#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/deferred.h"
#include "core/ending.h"

// The seam for what a hub remembers besides its rooms: small records that survive the process.
namespace lws_chat {

class Records {
 public:
  // Each kind has keys of its own.
  enum class Kind : uint8_t {
    // An idempotency key with its room, see publication_key(); value: a position. The journal makes these together with
    // the message, see Message::key.
    kPublication,
    kRevokedToken,  // a token's id
    kRevokedUser,   // a user; value: the time of issue before which tokens are not valid
    kPresent,       // a client in a room; value: its identity and its key for coming back
    kRules,         // the journal's own
  };

  virtual ~Records() = default;

  // Keeps a record until this time, in Unix milliseconds; kForever: until it is dropped. Replaces one with the same
  // key. Answers when it survives the process, or why it does not; then it is written later if that can be. Many do not
  // wait for the answer. Nobody waits until a record is dropped.
  static constexpr int64_t kForever = INT64_MAX;
  virtual Deferred<Status> keep(Kind kind, std::string_view key, std::string_view value, int64_t until) = 0;
  virtual void drop(Kind kind, std::string_view key) = 0;

  // Reads all records of a kind that a former process has kept and that are not over. To be called once, at the start,
  // before anything else: it waits for the disk.
  using Take = std::function<void(std::string_view key, std::string_view value, int64_t until)>;
  virtual void load(Kind kind, const Take& take) = 0;
};

}  // namespace lws_chat
