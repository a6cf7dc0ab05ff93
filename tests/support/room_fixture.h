#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "redis/room_script.h"
#include "support/shell_link.h"
#include "support/unit.h"

namespace lws_chat::room_test {

using unit::RedisProcess;
using unit::ShellLink;

inline constexpr RoomBounds kBounds = {3, 60, 600};
inline constexpr Lineage kFirst = {"p.lineage", "", "first", "host:1", false};
inline constexpr Lineage kSecond = {"p.lineage", "", "second", "host:1", false};
inline constexpr Lineage kSecondKeeps = {"p.lineage", "", "second", "host:1", true};
inline constexpr Lineage kThirdKeeps = {"p.lineage", "", "third", "host:1", true};

struct Outcome {
  PublishOutcome outcome;
  uint64_t offset;
  std::string epoch;
};

struct Place {
  uint64_t top;
  std::string epoch;
  uint64_t oldest;
  std::string entries;  // as OFFSET:PUBLICATION OFFSET:PUBLICATION
};

// A room in a Redis of its own.
struct Fixture {
  RedisProcess redis;
  ShellLink link{redis};
  RedisKeys keys{"p"};
  RoomNames room = keys.of_room("r");
  int epochs = 0;
  std::string fresh;

  PublishCall call(std::string_view publication) {
    fresh = "fresh" + std::to_string(++epochs);
    return {publication, fresh};
  }

  Outcome publish(const PublishCall& call, const Lineage& lineage = kFirst, const RoomBounds& bounds = kBounds) {
    RedisReply reply;
    run_publish(link, room, bounds, lineage, call, [&](const RedisReply& answer, Time) { reply = answer; });
    auto answer = read_publish(reply);
    if (!answer) throw std::runtime_error("publish: " + reply.text);
    return {answer->outcome, answer->offset, std::string(answer->epoch)};
  }
  Outcome publish(std::string_view publication, const Lineage& lineage = kFirst) {
    return publish(call(publication), lineage);
  }

  Place position(std::optional<uint64_t> from = {}, size_t entries = 0, const Lineage& lineage = kFirst,
                 const RoomBounds& bounds = kBounds) {
    fresh = "fresh" + std::to_string(++epochs);
    RedisReply reply;
    run_position(link, room, bounds, lineage, {fresh, from, entries},
                 [&](const RedisReply& answer, Time) { reply = answer; });
    auto answer = read_position(reply);
    if (!answer) throw std::runtime_error("position: " + reply.text);
    Place place{answer->top, std::string(answer->epoch), answer->oldest, ""};
    for (const StreamEntry& entry : answer->entries)
      place.entries.append(place.entries.empty() ? "" : " ")
          .append(std::to_string(entry.offset) + ":")
          .append(entry.publication);
    return place;
  }

  std::string text(const std::vector<std::string>& words) {
    RedisReply reply = link(words);
    return reply.kind == RedisReply::Kind::kInteger ? std::to_string(reply.integer) : reply.text;
  }
  std::string meta(const std::string& field) { return text({"HGET", room.meta, field}); }
};

}  // namespace lws_chat::room_test
