#include "core/hub.h"

#include <cassert>
#include <utility>
#include <vector>

namespace lws_chat {

Hub::Hub(const Settings& settings, StreamKinds kinds, const Seams& seams)
    : settings_(settings),
      kinds_(std::move(kinds)),
      gate_(seams.gate ? *seams.gate : open_gate_),
      broker_(seams.broker ? *seams.broker : local_),
      journal_(seams.journal),
      random_(settings.random),
      counters_(kinds_),
      memory_(settings.max_memory),
      queue_(settings.flush_interval),
      presence_(memory_, queue_, seams.records, seams.shared_presence),
      rooms_(settings_, kinds_, memory_, queue_, presence_, broker_, random_),
      schedule_(seams.waker, queue_, rooms_, presence_),
      membership_(rooms_, queue_, presence_, schedule_, counters_),
      pages_(schedule_, memory_, journal_),
      flush_(settings_, rooms_, queue_, membership_, pages_, counters_, seams.fanout),
      reclaim_(memory_, rooms_, presence_, membership_, flush_, seams.fanout),
      opening_(rooms_, schedule_, broker_, journal_),
      delivery_(memory_, rooms_, queue_, presence_, membership_, reclaim_, schedule_, counters_, journal_),
      joining_(rooms_, opening_, membership_, flush_, schedule_, gate_),
      publishing_(rooms_, opening_, schedule_, counters_, gate_, broker_) {
  assert(kinds_.size() <= kMaxKinds);
  broker_.attach(delivery_);
  if (journal_) journal_->trimmed = [this](std::string_view room, uint64_t first) { delivery_.trimmed(room, first); };
}

Hub::~Hub() {
  if (journal_) journal_->trimmed = nullptr;
}

const History& Hub::history(Room& room, Time now) {
  room.history().expire(now);
  return room.history();
}

void Hub::bring_back(Time now) {
  Schedule::Wake wake(schedule_);
  std::vector<std::string> opened;
  presence_.bring_back(now, [&](std::string_view name) {
    opened.emplace_back(name);
    return rooms_.open(name, kNobody);
  });
  for (const std::string& name : opened)
    if (Room* room = rooms_.find(name)) rooms_.forget_unused(*room);
}

void Hub::flush(Time now, size_t max_writes) {
  Schedule::Flushing flushing(schedule_);
  schedule_.do_late_work(now);
  // Joins and leaves are told while rooms are walked through, where nobody can be dismissed for them.
  reclaim_.run_if_needed(now);
  if (!flush_.run(now, max_writes)) return;
  rooms_.expire(now);
  presence_.expire(now, [this](Room& room) { rooms_.forget_unused(room); });
}

std::string Hub::next_id() {
  std::string text;
  for (int half = 0; half < 2; ++half) {
    uint64_t x = random_.next();
    for (int i = 0; i < 16; ++i, x >>= 4) text += "0123456789abcdef"[x & 15];
  }
  return text;
}

}  // namespace lws_chat
