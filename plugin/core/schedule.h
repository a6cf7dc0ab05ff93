#pragma once

#include <deque>
#include <functional>

#include "core/deferred.h"
#include "core/log/message.h"
#include "core/room/room_table.h"
#include "core/waker.h"

namespace lws_chat {

// When a hub has something to do: rooms to flush, data to forget, and late answers to act on. Answers of gate, broker
// and journal that come late are acted on by the next flush: never in the middle of something else, and with a time.
class Schedule {
 public:
  // `waker` may be nullptr.
  Schedule(Waker* waker, const FlushQueue& queue, const RoomTable& table, const Presence& presence);

  // When the hub has something to do; kNever: nothing waits.
  Time due() const;

  void do_later(std::function<void(Time)> work);
  void do_late_work(Time now);

  // Ends with the hub.
  const Lifetime& lifetime() const { return lifetime_; }

  // When this object ends, it tells the waker if the hub must be called earlier than the waker was last told.
  class Wake {
   public:
    explicit Wake(Schedule& schedule) : schedule_(schedule) {}
    ~Wake() { schedule_.tell_waker(); }
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

   private:
    Schedule& schedule_;
  };

  // During a flush the waker is not told: whoever called it asks for due() afterwards.
  class Flushing {
   public:
    explicit Flushing(Schedule& schedule) : schedule_(schedule) { schedule_.told_ = 0; }
    ~Flushing() { schedule_.told_ = schedule_.due(); }
    Flushing(const Flushing&) = delete;
    Flushing& operator=(const Flushing&) = delete;

   private:
    Schedule& schedule_;
  };

 private:
  void tell_waker();

  Waker* waker_;
  const FlushQueue& queue_;
  const RoomTable& table_;
  const Presence& presence_;
  std::deque<std::function<void(Time)>> late_;
  Time told_ = kNever;  // to the waker
  Lifetime lifetime_;
};

}  // namespace lws_chat
