#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/keys.h"
#include "redis/link.h"

// A room's scripts, with typed arguments and answers.
namespace lws_chat {

// Which server numbers rooms now. If it has started again at the address where it was, and `keeps` what it had, it goes
// on where it was. Otherwise rooms that were numbered before get the fresh epoch.
struct Lineage {
  std::string_view key;      // see RedisKeys::lineage()
  std::string_view line;     // its line; empty: not known
  std::string_view server;   // its run id
  std::string_view address;  // see RedisLink::Server
  bool keeps = false;
};

// What a room's keys become if a script changes them.
struct RoomBounds {
  uint64_t messages = 0;      // of the stream, at least 1
  uint64_t seconds = 0;       // until the stream is forgotten, at least 1
  uint64_t meta_seconds = 0;  // until the room's epoch is forgotten; 0: never
};

// A position that a room has, as this node knows it.
struct Known {
  std::string_view epoch{};  // empty: not known
  uint64_t offset = 0;
};

// The bounds of a stream, as they are in the room's meta key.
std::string text_of(const RoomBounds& bounds);

struct PublishCall {
  std::string_view publication;  // see append_publication_bytes()
  std::string_view fresh_epoch;
  std::string_view result_key{};  // of its idempotency key, see RedisKeys::result(); empty: it has none
  uint64_t result_seconds = 300;  // as Centrifugo's default
  uint64_t version = 0;           // see Message
  std::string_view version_epoch{};
  uint64_t number = 0;  // 1, 2, 3 … in a series of this node's publications; 0: may come twice if it is sent again
  uint64_t series = 0;  // one more for each
  uint64_t connection = 0;           // of this node, one more for each
  std::string_view publisher_key{};  // see RedisKeys::publisher()
  Known known{};                     // if the server is behind it, it has lost something: the room gets the fresh epoch
};

enum class PublishOutcome : uint8_t {
  kPublished,
  kRepeated,  // the position is that of the first publication; offset 0 and no epoch: no stream keeps it
  kOutdated,  // the room has the same version or a later one; the position is the room's
  kEarly      // nothing is done: something of its series that comes before it was not taken
};

struct PublishAnswer {
  PublishOutcome outcome = PublishOutcome::kPublished;
  uint64_t offset = 0;
  std::string_view epoch;  // within the reply
};

void run_publish(RedisLink& link, const RoomNames& room, const RoomBounds& bounds, const Lineage& lineage,
                 const PublishCall& call, RedisLink::Answer answer);

// Returns nothing if this is no such answer: RedisReply says why, or somebody else has written the keys.
std::optional<PublishAnswer> read_publish(const RedisReply& reply);

// Publishes a message that no stream keeps and that has an idempotency key. Without one, PUBLISH does it.
// The answer is the number 1, or 0 if it is a repetition.
void run_publish_once(RedisLink& link, const RoomNames& room, std::string_view publication, std::string_view result_key,
                      uint64_t result_seconds, RedisLink::Answer answer);

struct PositionCall {
  std::string_view fresh_epoch;
  std::optional<uint64_t> from{};  // offset of the first entry to read; nothing: the last entries
  size_t entries = 0;              // how many at most
};

struct StreamEntry {
  uint64_t offset = 0;
  std::string_view publication;  // see PayloadReader::read_entry(), which may refuse it
};

// The views are within the reply.
struct PositionAnswer {
  uint64_t top = 0;  // offset of the last message; 0: there was none
  std::string_view epoch;
  uint64_t oldest = 0;                 // offset of the oldest entry; 0: the stream is empty
  std::vector<StreamEntry> entries{};  // messages of the room, oldest first
  uint64_t read_to = 0;                // offset up to which they were read; 0: there was none
  size_t foreign = 0;                  // entries that somebody else has put between them, or behind
  std::string_view bounds{};           // of the stream, as text_of() gives them; empty: not known
  uint64_t last_change = 0;            // number of the last join or leave; 0: there was none
};

// Reads where a room is, and entries of its stream. A room that was not there has an epoch from then on.
void run_position(RedisLink& link, const RoomNames& room, const RoomBounds& bounds, const Lineage& lineage,
                  const PositionCall& call, RedisLink::Answer answer);

std::optional<PositionAnswer> read_position(const RedisReply& reply);

// Notes which server numbers rooms from now on. To be run before everything else: it may start again before its rooms
// are used. The answer is its line.
void run_begin(RedisLink& link, const Lineage& lineage, std::string_view fresh_line, RedisLink::Answer answer);

// Redis has lost messages that readers have seen: the room gets the fresh epoch instead of this one, so that nobody
// takes positions of one for those of the other.
void run_renew(RedisLink& link, const RoomNames& room, std::string_view epoch, std::string_view fresh_epoch,
               RedisLink::Answer answer);

// The server may have lost messages although it goes on where it was. If it lacks this one, which it has answered, the
// room gets the fresh epoch, and the answer is 1. `id` is that of append_publication_id().
void run_check(RedisLink& link, const RoomNames& room, const Known& answered, std::string_view id,
               std::string_view fresh_epoch, RedisLink::Answer answer);

// Publishes a join or leave, with its numbers, see HeardChanges. An empty one takes a number and nothing else, so that
// all nodes find that they have missed one.
void run_announce(RedisLink& link, const RoomNames& room, std::string_view payload, RedisLink::Answer answer);

// Forgets a room's messages; its position stays.
void run_forget(RedisLink& link, const RoomNames& room, RedisLink::Answer answer);

}  // namespace lws_chat
