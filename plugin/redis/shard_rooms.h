#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/broker.h"
#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/losses.h"
#include "redis/payload.h"
#include "redis/room_script.h"
#include "redis/room_watch.h"
#include "redis/server_line.h"

namespace lws_chat {

// The rooms of one Redis server that this node reads: subscribes to them, finds out where they are, and brings messages
// to the hub in the order of their offsets, without a gap.
class ShardRooms {
 public:
  // Time for which a room that is not needed any more stays subscribed.
  static constexpr Time kGrace = 10'000'000;
  // Each room's position is compared with that in Redis after this time.
  static constexpr Time kCompareAfter = 30'000'000;
  // Who opens a room waits so long for a server that is away, and for one that is there and does not go on with what
  // many others want.
  static constexpr Time kAwayPatience = 1'000'000;
  static constexpr Time kPatience = 4'000'000;

  ShardRooms(RedisLink& link, const BrokerParts& parts, const ServerLine& line, Losses& losses)
      : link_(link), parts_(parts), line_(line), losses_(losses) {}
  void attach(Broker::Node& node) { node_ = &node; }

  // Somebody is said to have come or left: `info` is a ClientInfo. Says if readers on this node are told. To be set
  // before anything else.
  std::function<bool(const std::string& room, Event::Kind kind, std::string_view client, std::string_view info)>
      is_news{};

  // See Broker.
  Deferred<Status> open(const Room& room, Time now);
  void close(std::string_view room, Time now);

  // For the link's listener. Returns true from subscribed() and message() if it was for a room.
  void up(Time now);
  void down();
  bool subscribed(std::string_view channel, Time now);
  bool message(std::string_view channel, std::string_view payload, Time now);

  // The server may have lost something of this room, or of all of them: compares positions with Redis. Returns false if
  // this node does not read the room.
  bool look_again(std::string_view room);
  void look_again();

  // Where the room is, as this node knows it. The view stays until the next call of anything.
  Known known(std::string_view room);

  // Readers on this node have all that was said in the room, or there are none.
  bool is_caught_up(std::string_view room);

  void tick(Time now);
  Time due() const;
  size_t size() const { return watches_.size(); }

 private:
  using Watches = std::unordered_map<std::string_view, std::unique_ptr<RoomWatch>>;
  using Dates = std::multimap<Time, std::string>;

  RoomWatch* find(std::string_view room);
  const RoomSettings& settings_of(const RoomWatch& watch) const { return parts_.settings.of(watch.room); }
  Room* room_of(const RoomWatch& watch);
  void tell(RoomWatch& watch, const RoomPayload& payload, std::string_view bytes, Time now);
  bool keeps(const RoomWatch& watch) const { return settings_of(watch).history.messages > 0; }
  void begin_unkept(RoomWatch& watch, Time now);
  void ask_to_subscribe(RoomWatch& watch);
  void compare_later(RoomWatch& watch, Time at);
  void subscribe_next();
  void ask_to_read(RoomWatch& watch);
  void read_next();
  void read(RoomWatch& watch);
  void was_read(const std::string& room, uint32_t reading, const RedisReply& reply, Time now);
  void read_again(RoomWatch& watch);
  void refused(RoomWatch& watch, Time now);
  void take_first(RoomWatch& watch, const PositionAnswer& answer, Time now);
  void collect(RoomWatch& watch, const PositionAnswer& answer);
  void compare(RoomWatch& watch, Room& room, const PositionAnswer& answer, Time now);
  void begin_anew(RoomWatch& watch, const PositionAnswer& answer, Time now);
  bool take_missing(RoomWatch& watch, const PositionAnswer& answer, Time now);
  void renew(RoomWatch& watch, std::string_view epoch);
  void tell_gap(RoomWatch& watch, const Position& position, Time now);
  void tell_missed_changes(RoomWatch& watch, Time now);
  void subscribe_again(const RoomWatch& watch);
  void go_live(RoomWatch& watch, Time now);
  void act_on(RoomWatch& watch, std::string_view payload, bool outdated, Time now);
  void take(RoomWatch& watch, const RoomPayload& payload, std::string_view bytes, bool outdated, Time now);
  void warn_of_bounds(const RoomWatch& watch, std::string_view bounds);
  bool fits(const Message& message) const;
  bool read_entry(const StreamEntry& entry, RoomPayload& payload);
  void take_too_large(RoomWatch& watch, Room& room, const RoomPayload& payload, Time now);
  bool deliver(RoomWatch& watch, Room& room, uint64_t offset, const Message& message, Time now);
  void answer(RoomWatch& watch, Status status, Time now);
  Time end_of_wait(const RoomWatch& watch) const;
  void give_up_openings(Time now);
  void forget_unwanted(Time now);
  void compare_some(Time now);

  RedisLink& link_;
  const BrokerParts& parts_;
  const ServerLine& line_;
  Losses& losses_;
  Broker::Node* node_ = nullptr;
  Watches watches_;
  std::deque<std::string> to_subscribe_;
  std::deque<std::string> to_read_;
  size_t subscribing_ = 0;
  size_t reading_ = 0;
  Time progress_ = 0;  // when the server last confirmed a subscription, sent a message, or told a position
  Dates to_compare_;
  Dates to_forget_;
  Dates to_answer_;
  PayloadReader reader_;
  std::set<size_t> warned_;  // numbers of namespaces whose bounds are others at another node
};

}  // namespace lws_chat
