#include "redis/publisher.h"

#include <algorithm>
#include <utility>

#include "core/room/room.h"
#include "redis/payload.h"
#include "redis/refusal.h"

namespace lws_chat {
namespace {

// Results of idempotency keys are kept for so many seconds, as on a server that is alone.
constexpr uint64_t kResultSeconds = 300;

constexpr char kCommand[] = "EVALSHA (publish)";

}  // namespace

Deferred<Published> Publisher::publish(std::string_view room, const Message& message, Time patience, Time now) {
  if (link_.left_of(patience) == 0) {
    ++parts_.counters.unavailable;
    return Published{Status::kUnavailable, {}, 0, now};
  }
  auto item = std::make_shared<Item>();
  item->room = room;
  item->key = message.key;
  item->version = message.version;
  item->version_epoch = message.version_epoch;
  item->kept = !message.ephemeral && parts_.settings.of(room).history.messages > 0;
  append_publication_bytes(item->publication, message);
  item->order = ++ids_;
  if (item->kept) append_publication_id(item->publication, id_of(item->order));
  bool waits = !link_.is_up() || holds_ || !waiting_.empty();
  if (waits && waiting_bytes_ + item->publication.size() > kMostWaiting) {
    ++parts_.counters.unavailable;
    return Published{Status::kUnavailable, {}, 0, now};
  }
  Deferred<Published> published = item->promise.deferred();
  std::deque<ItemPtr>& line = unanswered_[patience];
  item->wait = link_.wait(patience, now);
  if (!line.empty()) item->wait.until = std::max(item->wait.until, line.back()->wait.until);
  line.push_back(item);
  if (waits)
    wait(item);
  else
    send(item);
  return published;
}

// Those that come meanwhile may wait already, when the last ones that were under way come back.
void Publisher::wait(const ItemPtr& item) {
  waiting_bytes_ += item->publication.size();
  auto before = std::find_if(waiting_.rbegin(), waiting_.rend(),
                             [&](const ItemPtr& other) { return other->order < item->order; });
  waiting_.insert(before.base(), item);
  parts_.counters.waiting = waiting_.size();
}

// What the server has lost is noticed before anything else gets its offsets.
void Publisher::up(Time now) {
  ++connection_;
  if (run_id_ != link_.server().run_id) check_answers(now);
  run_id_ = link_.server().run_id;
  send_waiting();
}

void Publisher::check_answers(Time now) {
  for (const RecentAnswers::Answer& one : recent_.all(now)) {
    std::string fresh = parts_.fresh_epoch();
    run_check(link_, parts_.keys.of_room(one.room), {one.epoch, one.offset}, id_of(one.order), fresh,
              [this, room = one.room](const RedisReply& reply, Time then) {
                if (reply.integer == 1) lost(room, then);
              });
  }
}

void Publisher::send_waiting() {
  holds_ = false;
  std::deque<ItemPtr> waiting = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  parts_.counters.waiting = 0;
  for (const ItemPtr& item : waiting)
    if (!item->answered) send(item);
}

void Publisher::send(const ItemPtr& item) {
  item->sent = true;
  RoomNames names = parts_.keys.of_room(item->room);
  std::string result_key = item->key.empty() ? std::string() : parts_.keys.result(item->room, item->key);
  if (!item->kept) {
    auto done = [this, item](const RedisReply& reply, Time now) { was_spread(*item, reply, now); };
    if (result_key.empty()) return link_.command({"PUBLISH", names.channel, item->publication}, std::move(done));
    return run_publish_once(link_, names, item->publication, result_key, kResultSeconds, std::move(done));
  }
  std::string fresh = parts_.fresh_epoch();
  if (item->number == 0) item->number = ++number_;
  ++under_way_;
  PublishCall call{item->publication,
                   fresh,
                   result_key.empty() ? std::string_view() : result_key,
                   kResultSeconds,
                   item->version,
                   item->version_epoch,
                   item->number,
                   series_,
                   connection_,
                   key_,
                   known(item->room)};
  run_publish(link_, names, bounds_of(parts_.settings.of(item->room)), line_.lineage(), call,
              [this, item](const RedisReply& reply, Time now) { was_published(item, reply, now); });
}

// The answers are lost in the order of the messages, before others can be published.
void Publisher::was_published(const ItemPtr& item, const RedisReply& reply, Time now) {
  --under_way_;
  std::optional<PublishAnswer> read = read_publish(reply);
  if (reply.is_lost()) {
    item->lost = true;
    if (!item->answered) wait(item);
  } else if (!read) {
    fail(*item, reply, now);
  } else if (read->outcome == PublishOutcome::kEarly) {
    item->number = 0;
    item->sent = item->lost;
    holds_ = true;
    if (!item->answered) wait(item);
  } else {
    if (read->outcome == PublishOutcome::kPublished) {
      ++parts_.counters.published;
      recent_.note(item->room, read->epoch, read->offset, item->order, now);
    }
    if (!item->answered) parts_.trouble.done(kCommand);
    answer(*item, {Status::kOk, {std::string(read->epoch), read->offset}, 0, now});
  }
  // What waits has no number now. If the link is down, up() comes first.
  if (!holds_ || under_way_ > 0 || !link_.is_up()) return;
  ++series_;
  number_ = 0;
  send_waiting();
}

void Publisher::was_spread(Item& item, const RedisReply& reply, Time now) {
  if (reply.kind != RedisReply::Kind::kInteger) return fail(item, reply, now);
  ++parts_.counters.published;
  if (!item.answered) parts_.trouble.done(kCommand);
  answer(item, {Status::kOk, {}, 0, now});
}

void Publisher::fail(Item& item, const RedisReply& reply, Time now) {
  if (!reply.is_lost()) {
    ++parts_.counters.errors;
    RoomNames names = parts_.keys.of_room(item.room);
    std::string keys = names.stream + " and " + names.meta;
    if (!item.key.empty()) keys += " and " + parts_.keys.result(item.room, item.key);
    parts_.trouble.refused(kCommand, reply.is_error() ? reply.text : kForeignKeys, keys);
  }
  bool may_be_published = reply.is_lost() || item.lost || is_kept(reply.text);
  answer(item, {may_be_published ? Status::kUncertain : Status::kUnavailable, {}, 0, now});
}

// An answer after the deadline is for nobody: the message is shown all the same.
void Publisher::answer(Item& item, const Published& published) {
  if (std::exchange(item.answered, true)) return;
  parts_.counters.uncertain += published.status == Status::kUncertain;
  parts_.counters.unavailable += published.status == Status::kUnavailable;
  drop_answered(unanswered_[item.wait.patience]);
  item.promise.keep(published);
}

void Publisher::drop_answered(std::deque<ItemPtr>& items) {
  while (!items.empty() && items.front()->answered) items.pop_front();
}

void Publisher::tick(Time now) {
  for (auto& [patience, items] : unanswered_) {
    while (!items.empty() && link_.end_of(items.front()->wait) <= now) {
      ItemPtr item = items.front();
      if (item->sent) parts_.trouble.late(link_.end_of(item->wait) - patience);
      answer(*item, {item->sent ? Status::kUncertain : Status::kUnavailable, {}, 0, now});
    }
  }
  while (!waiting_.empty() && waiting_.front()->answered) {
    waiting_bytes_ -= waiting_.front()->publication.size();
    waiting_.pop_front();
  }
  parts_.counters.waiting = waiting_.size();
}

Time Publisher::due() const {
  Time due = kNever;
  for (const auto& [patience, items] : unanswered_)
    if (!items.empty()) due = std::min(due, link_.end_of(items.front()->wait));
  return due;
}

}  // namespace lws_chat
