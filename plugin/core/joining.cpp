#include "core/joining.h"

#include <cassert>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace lws_chat {

Deferred<Status> Joining::join(Client& client, const Join& wish, Time now) {
  assert(!client.room() && !client.joining());
  Schedule::Wake wake(schedule_);
  Deferred<Status> verdict = gate_.judge(wish.grant, Action::kJoin, wish.room, nullptr);
  if (verdict.ready()) {
    if (verdict.value() != Status::kOk) return verdict.value();
    return join_permitted(client, wish, now);
  }
  Promise<Status> promise;
  join_late(client, wish, std::move(verdict), promise);
  return promise.deferred();
}

Deferred<Status> Joining::join_permitted(Client& client, const Join& wish, Time now) {
  Room* room = table_.open(wish.room, wish.origin);
  if (!room) return Status::kTooManyRooms;
  Deferred<Status> usable = opening_.make_usable(*room, now);
  if (usable.ready()) {
    if (usable.value() == Status::kOk) {
      membership_.enter(client, *room, now);
      flush_.replay_last(client, wish.replay, now);
    } else {
      table_.forget_unused(*room);
    }
    return usable.value();
  }
  Promise<Status> promise;
  join_late(client, wish, std::move(usable), promise);
  return promise.deferred();
}

// Goes on when `before` is answered, if the client still wants to join.
void Joining::join_late(Client& client, const Join& wish, Deferred<Status> before, Promise<Status> promise) {
  auto wanted = std::make_shared<bool>(true);
  client.joining_ = wanted;
  auto work = [this, &client, wanted, promise, room = std::string(wish.room), late = wish](Status status,
                                                                                           Time now) mutable {
    if (!*wanted) return;
    client.joining_ = nullptr;
    late.room = room;
    if (status != Status::kOk) return promise.keep(status);
    Deferred<Status> answer = Status::kInternalError;
    try {
      answer = join_permitted(client, late, now);
    } catch (const std::exception&) {
      // Out of memory: the client is refused. Without an answer it would wait for ever.
    }
    answer.then(schedule_.lifetime(), [promise](Status last) mutable { promise.keep(last); });
  };
  before.then(schedule_.lifetime(), [this, work](Status status) mutable {
    schedule_.do_later([work, status](Time now) mutable { work(status, now); });
  });
}

}  // namespace lws_chat
