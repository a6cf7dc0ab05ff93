#include "redis/room_script.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "redis/payload.h"
#include "redis/scripts.h"

namespace lws_chat {
namespace {

using Kind = RedisReply::Kind;

// What a node has published is known for so many seconds after its last message.
constexpr std::string_view kPublisherSeconds = "86400";

// Bytes that are no publication, as the script has them for one that is too large.
constexpr std::string_view kNoPublication = "\xff";

std::string_view flag(bool is_set) { return is_set ? "1" : "0"; }

// The id of an entry is OFFSET-0. Redis permits other numbers behind the offset.
struct EntryId {
  uint64_t offset = 0;
  bool ours = true;
};

bool read_id(const RedisReply& reply, EntryId& id) {
  if (reply.kind != Kind::kText) return false;
  const char* end = reply.text.data() + reply.text.size();
  auto [dash, error] = std::from_chars(reply.text.data(), end, id.offset);
  if (error != std::errc() || dash == end || *dash != '-') return false;
  uint64_t behind = 0;
  auto [stop, other_error] = std::from_chars(dash + 1, end, behind);
  id.ours = behind == 0;
  return other_error == std::errc() && stop == end;
}

// Without `d` it is no publication.
std::string_view publication_of(const RedisReply& fields) {
  for (size_t i = 0; i + 1 < fields.items.size(); i += 2)
    if (fields.items[i].text == "d") return fields.items[i + 1].text;
  return kNoPublication;
}

// Somebody else may have written into the stream. What is behind the room's last message is not the room's, nor has it
// the place of a message.
bool take_entry(const RedisReply& reply, PositionAnswer& answer) {
  EntryId id;
  if (reply.kind != Kind::kArray || reply.items.size() != 2 || !read_id(reply.items[0], id)) return false;
  answer.read_to = std::max(answer.read_to, std::min(id.offset, answer.top));
  if (id.ours && id.offset <= answer.top)
    answer.entries.push_back({id.offset, publication_of(reply.items[1])});
  else
    ++answer.foreign;
  return true;
}

bool is_number(const RedisReply& reply) { return reply.kind == Kind::kInteger && reply.integer >= 0; }

}  // namespace

std::string text_of(const RoomBounds& bounds) {
  return std::to_string(bounds.messages) + " " + std::to_string(bounds.seconds);
}

void run_publish(RedisLink& link, const RoomNames& room, const RoomBounds& bounds, const Lineage& lineage,
                 const PublishCall& call, RedisLink::Answer answer) {
  std::string messages = std::to_string(bounds.messages), seconds = std::to_string(bounds.seconds),
              meta_seconds = std::to_string(bounds.meta_seconds), version = std::to_string(call.version),
              result_seconds = call.result_key.empty() ? std::string() : std::to_string(call.result_seconds),
              number = std::to_string(call.number), series = std::to_string(call.series),
              connection = std::to_string(call.connection), known = std::to_string(call.known.offset);
  // Rules for the keys of a user may refuse an empty one.
  std::string_view result_key = call.result_key.empty() ? std::string_view(room.meta) : call.result_key,
                   publisher_key = call.number == 0 ? std::string_view(room.meta) : call.publisher_key;
  link.run(redis_scripts().publish, {room.stream, room.meta, result_key, lineage.key, publisher_key},
           {call.publication, messages, seconds, room.channel, meta_seconds, call.fresh_epoch, result_seconds, version,
            call.version_epoch, lineage.line, lineage.server, lineage.address, flag(lineage.keeps), connection, series,
            number, kPublisherSeconds, call.known.epoch, known},
           std::move(answer));
}

std::optional<PublishAnswer> read_publish(const RedisReply& reply) {
  if (reply.kind != Kind::kArray || reply.items.size() != 3) return {};
  const RedisReply &offset = reply.items[0], &epoch = reply.items[1], &outcome = reply.items[2];
  if (!is_number(offset) || !epoch.is_text() || !is_number(outcome) || outcome.integer > 3) return {};
  PublishAnswer answer;
  answer.outcome = static_cast<PublishOutcome>(outcome.integer);
  answer.offset = static_cast<uint64_t>(offset.integer);
  answer.epoch = epoch.text;
  bool unkept = answer.outcome == PublishOutcome::kRepeated && answer.epoch.empty() && answer.offset == 0;
  if (!unkept && answer.outcome != PublishOutcome::kEarly && !is_epoch(answer.epoch)) return {};
  return answer;
}

void run_publish_once(RedisLink& link, const RoomNames& room, std::string_view publication, std::string_view result_key,
                      uint64_t result_seconds, RedisLink::Answer answer) {
  std::string seconds = std::to_string(result_seconds);
  link.run(redis_scripts().publish_once, {result_key}, {publication, room.channel, seconds}, std::move(answer));
}

void run_position(RedisLink& link, const RoomNames& room, const RoomBounds& bounds, const Lineage& lineage,
                  const PositionCall& call, RedisLink::Answer answer) {
  std::string meta_seconds = std::to_string(bounds.meta_seconds), entries = std::to_string(call.entries),
              from = call.from ? std::to_string(*call.from) : std::string();
  link.run(redis_scripts().position, {room.stream, room.meta, lineage.key},
           {meta_seconds, call.fresh_epoch, lineage.line, lineage.server, lineage.address, flag(lineage.keeps), from,
            entries},
           std::move(answer));
}

std::optional<PositionAnswer> read_position(const RedisReply& reply) {
  if (reply.kind != Kind::kArray || reply.items.size() != 6) return {};
  const RedisReply &top = reply.items[0], &epoch = reply.items[1], &oldest = reply.items[2], &entries = reply.items[3];
  if (!is_number(top) || !epoch.is_text() || !is_epoch(epoch.text) || entries.kind != Kind::kArray) return {};
  PositionAnswer answer;
  answer.top = static_cast<uint64_t>(top.integer);
  answer.epoch = epoch.text;
  if (!reply.items[4].is_text()) return {};
  answer.bounds = reply.items[4].text;
  if (!reply.items[5].is_text()) return {};
  const std::string_view change = reply.items[5].text;
  std::from_chars(change.data(), change.data() + change.size(), answer.last_change);
  EntryId first;
  if (!oldest.is_text() || (!oldest.text.empty() && !read_id(oldest, first))) return {};
  answer.oldest = first.offset;
  for (const RedisReply& item : entries.items)
    if (!take_entry(item, answer)) return {};
  bool newest_first = answer.entries.size() > 1 && answer.entries.front().offset > answer.entries.back().offset;
  if (newest_first) std::reverse(answer.entries.begin(), answer.entries.end());
  return answer;
}

void run_begin(RedisLink& link, const Lineage& lineage, std::string_view fresh_line, RedisLink::Answer answer) {
  link.run(redis_scripts().begin, {lineage.key}, {fresh_line, lineage.server, lineage.address, flag(lineage.keeps)},
           std::move(answer));
}

void run_renew(RedisLink& link, const RoomNames& room, std::string_view epoch, std::string_view fresh_epoch,
               RedisLink::Answer answer) {
  link.run(redis_scripts().renew, {room.meta}, {epoch, fresh_epoch}, std::move(answer));
}

void run_check(RedisLink& link, const RoomNames& room, const Known& answered, std::string_view id,
               std::string_view fresh_epoch, RedisLink::Answer answer) {
  std::string offset = std::to_string(answered.offset);
  link.run(redis_scripts().check, {room.stream, room.meta}, {answered.epoch, offset, id, fresh_epoch},
           std::move(answer));
}

void run_announce(RedisLink& link, const RoomNames& room, std::string_view payload, RedisLink::Answer answer) {
  link.run(redis_scripts().announce, {room.meta}, {room.channel, payload}, std::move(answer));
}

void run_forget(RedisLink& link, const RoomNames& room, RedisLink::Answer answer) {
  link.run(redis_scripts().forget, {room.stream}, {}, std::move(answer));
}

}  // namespace lws_chat
