#include "core/publishing.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "core/schedule.h"

namespace lws_chat {

Published Publishing::refused(Status why, Time now) {
  ++counters_.refused_by(why);
  return {why, {}, 0, now};
}

Deferred<Published> Publishing::publish(const Grant& grant, const Publication& publication, Time now) {
  Schedule::Wake wake(schedule_);
  Deferred<Status> verdict = gate_.judge(grant, Action::kPublish, publication.room, &publication.message);
  if (!verdict.ready()) return publish_late(publication, std::move(verdict));
  if (verdict.value() != Status::kOk) return refused(verdict.value(), now);
  return publish_permitted(publication, now);
}

// A message for a room that nodes share needs no room here.
Deferred<Published> Publishing::spread(const Publication& publication, Time now) {
  Deferred<Published> answer = broker_.spread(publication.room, publication.message, publication.patience, now);
  if (!answer.ready()) return result_of(std::move(answer), publication.room);
  return answer.value().status == Status::kOk ? answer : refused(answer.value().status, now);
}

Deferred<Published> Publishing::publish_permitted(const Publication& publication, Time now) {
  if (table_.settings_of(publication.room).shared) return spread(publication, now);
  Room* room = table_.open(publication.room, publication.origin);
  if (!room) return refused(Status::kTooManyRooms, now);
  Deferred<Status> usable = opening_.make_usable(*room, now);
  if (!usable.ready()) return publish_late(publication, std::move(usable));
  if (usable.value() == Status::kOk) return hand_over(*room, publication.message, now);
  table_.forget_unused(*room);
  return refused(usable.value(), now);
}

// Keeps the message and goes on when `before` is answered.
Deferred<Published> Publishing::publish_late(const Publication& publication, Deferred<Status> before) {
  Promise<Published> promise;
  auto kept = std::make_shared<const KeptMessage>(publication.message);
  before.then(schedule_.lifetime(), [this, promise, kept, room = std::string(publication.room),
                                     origin = publication.origin, patience = publication.patience](Status status) {
    schedule_.do_later([this, promise, kept, room, origin, patience, status](Time then) mutable {
      if (status != Status::kOk) return promise.keep(refused(status, then));
      Deferred<Published> answer = Published{Status::kInternalError, {}, 0, then};
      try {
        answer = publish_permitted({room, kept->view(), origin, patience}, then);
      } catch (const std::exception&) {
        // Out of memory: nobody gets the message. Without an answer its publisher would wait for ever.
      }
      answer.then(schedule_.lifetime(), [promise](const Published& late) mutable { promise.keep(late); });
    });
  });
  return promise.deferred();
}

Deferred<Published> Publishing::hand_over(Room& room, const Message& message, Time now) {
  // A room that nobody is in may be gone afterwards, for want of memory; if not, it is there only for its history.
  std::string name = room.members().empty() ? room.name() : std::string();
  auto tidy = [&] {
    if (name.empty()) return;
    if (Room* left = table_.find(name)) table_.forget_unused(*left);
  };
  try {
    Deferred<Published> answer = broker_.publish(room, message, now);
    tidy();
    if (answer.ready() && answer.value().status == Status::kOk) return answer;
    return answer.ready() ? refused(answer.value().status, now) : result_of(std::move(answer));
  } catch (...) {
    tidy();
    throw;
  }
}

// Counts a refusal that comes late. Of a room that nodes share, the members on this node count.
Deferred<Published> Publishing::result_of(Deferred<Published> answer, std::string_view shared_room) {
  Promise<Published> promise;
  auto answered = [this, promise, room = std::string(shared_room)](const Published& published) {
    Published result = published;
    if (const Room* here = room.empty() ? nullptr : table_.find(room)) result.clients = here->members().size();
    schedule_.do_later([this, promise, result](Time then) mutable {
      if (result.status != Status::kOk) return promise.keep(refused(result.status, then));
      result.at = then;
      promise.keep(result);
    });
  };
  answer.then(schedule_.lifetime(), std::move(answered));
  return promise.deferred();
}

}  // namespace lws_chat
