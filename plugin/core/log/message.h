#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace lws_chat {

// Microseconds on some steady clock; the core only compares and adds.
using Time = int64_t;

inline constexpr Time kNever = std::numeric_limits<Time>::max();

enum class Format : uint8_t { kText, kBinary, kJson };

struct Message {
  std::string_view payload;  // relayed exactly as it is
  Format format = Format::kText;
  std::string_view publisher{};      // its sender, see Identity::json; empty: not known
  std::string_view tags{};           // a JSON object of texts; empty: none
  bool ephemeral = false;            // no history keeps it, so that it has no offset
  int64_t unix_ms = 0;               // time of publication, milliseconds since 1970; 0: not known
  uint64_t version = 0;              // its publisher's number for it, see History::is_outdated(); 0: none
  std::string_view version_epoch{};  // versions can be compared only within one; empty: with any
  std::string_view key{};            // its publisher's idempotency key, which the journal keeps with it; empty: none
};

// A message that owns its bytes.
class KeptMessage {
 public:
  explicit KeptMessage(const Message& message)
      : payload_(message.payload),
        publisher_(message.publisher),
        tags_(message.tags),
        format_(message.format),
        ephemeral_(message.ephemeral),
        unix_ms_(message.unix_ms),
        version_(message.version),
        version_epoch_(message.version_epoch),
        key_(message.key) {}

  Message view() const {
    return {payload_, format_, publisher_, tags_, ephemeral_, unix_ms_, version_, version_epoch_, key_};
  }
  size_t bytes() const {
    return sizeof *this + payload_.size() + publisher_.size() + tags_.size() + version_epoch_.size() + key_.size();
  }

 private:
  std::string payload_;
  std::string publisher_;
  std::string tags_;
  Format format_;
  bool ephemeral_;
  int64_t unix_ms_;
  uint64_t version_;
  std::string version_epoch_;
  std::string key_;
};

// The longest tags, in bytes.
inline constexpr size_t kMaxTags = 4096;

// Something that a room tells its readers.
struct Event {
  enum class Kind : uint8_t { kPublication, kJoin, kLeave };
  Kind kind;
  std::string_view room;
  Message message;           // of a join or leave only the publisher: the client that it is about
  uint64_t offset = 0;       // of a publication; 0 if no history keeps it
  std::string_view epoch{};  // of the room
  std::string_view
      patch{};  // the message as a change of the one before it, see StreamKind::patch; empty: there is none
};

// Takes the frames that an encoder makes of an event, one by one.
class FrameSink {
 public:
  virtual void append(std::string_view header, std::string_view payload) = 0;

 protected:
  ~FrameSink() = default;
};

// Appends frames to a text.
class FrameString final : public FrameSink {
 public:
  explicit FrameString(std::string& bytes) : bytes_(bytes) {}
  void append(std::string_view header, std::string_view payload) override {
    bytes_ += header;
    bytes_ += payload;
  }

 private:
  std::string& bytes_;
};

}  // namespace lws_chat
