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

std::string_view flag(bool is_set) { return is_set ? "1" : "0"; }

// Reads the offset of an entry's id, which is OFFSET-0.
bool read_id(const RedisReply& id, uint64_t& offset) {
  if (id.kind != Kind::kText) return false;
  const char* end = id.text.data() + id.text.size();
  auto [stop, error] = std::from_chars(id.text.data(), end, offset);
  return error == std::errc() && std::string_view(stop, static_cast<size_t>(end - stop)) == "-0";
}

bool read_entry(const RedisReply& reply, StreamEntry& entry) {
  if (reply.kind != Kind::kArray || reply.items.size() != 2 || !read_id(reply.items[0], entry.offset)) return false;
  const std::vector<RedisReply>& fields = reply.items[1].items;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text != "d") continue;
    entry.publication = fields[i + 1].text;
    return true;
  }
  return false;
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
  if (reply.kind != Kind::kArray || reply.items.size() != 5) return {};
  const RedisReply &top = reply.items[0], &epoch = reply.items[1], &oldest = reply.items[2], &entries = reply.items[3];
  if (!is_number(top) || !epoch.is_text() || !is_epoch(epoch.text) || entries.kind != Kind::kArray) return {};
  PositionAnswer answer;
  answer.top = static_cast<uint64_t>(top.integer);
  answer.epoch = epoch.text;
  if (!reply.items[4].is_text()) return {};
  answer.bounds = reply.items[4].text;
  if (!oldest.is_text() || (!oldest.text.empty() && !read_id(oldest, answer.oldest))) return {};
  for (const RedisReply& item : entries.items) {
    StreamEntry entry;
    if (!read_entry(item, entry)) return {};
    answer.entries.push_back(entry);
  }
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

void run_forget(RedisLink& link, const RoomNames& room, RedisLink::Answer answer) {
  link.run(redis_scripts().forget, {room.stream}, {}, std::move(answer));
}

}  // namespace lws_chat
