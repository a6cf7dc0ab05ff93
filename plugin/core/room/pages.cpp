#include "core/room/pages.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/room/room.h"
#include "core/schedule.h"

namespace lws_chat {

Pages::Wish Pages::wish_of(Client& client) {
  client.page_ = std::make_unique<Lifetime>();
  return {&client, client.page_->watch()};
}

void Pages::read(Client& client) {
  Wish wish = wish_of(client);
  if (under_way_ < kAtOnce)
    ask(wish);
  else
    line_.push_back(std::move(wish));
}

Deferred<Journal::Page> Pages::read(std::string_view room, const HistoryLimits& limits, uint64_t from,
                                    size_t messages) {
  Deferred<Journal::Page> page = journal_->read(room, limits, from, std::min(messages, kMessages), kBytes);
  if (page.ready()) return page;
  auto question = questions_.emplace(questions_.end());
  page.then(schedule_.lifetime(), [this, question](const Journal::Page& late) {
    schedule_.do_later([this, question, kept = std::make_shared<const Journal::Page>(late)](Time) {
      Promise<Journal::Page> promise = *question;
      questions_.erase(question);
      promise.keep(*kept);
    });
  });
  return question->deferred();
}

void Pages::take_turns(Client& client) {
  schedule_.do_later([this, wish = wish_of(client)](Time now) { give(wish, nullptr, now); });
}

void Pages::ask(const Wish& wish) {
  const Client& client = *wish.client;
  const Room& room = *client.room();
  size_t missing = room.history().first() - client.replay_next_;
  journal_->read(room.name(), room.settings().history, client.replay_next_, std::min(missing, kMessages), kBytes)
      .then(schedule_.lifetime(), [this, wish](const Journal::Page& page) {
        schedule_.do_later(
            [this, wish, kept = std::make_shared<const Journal::Page>(page)](Time now) { came(wish, *kept, now); });
      });
  charge_.set(++under_way_ * kBytes);
}

void Pages::came(const Wish& wish, const Journal::Page& page, Time now) {
  charge_.set(--under_way_ * kBytes);
  give(wish, &page, now);
  go_on(now);
}

// Those who have waited in line may have left, or have got what they need.
void Pages::go_on(Time now) {
  while (!line_.empty() && under_way_ < kAtOnce) {
    Wish next = std::move(line_.front());
    line_.pop_front();
    if (next.wanted.expired()) continue;
    if (next.client->replay_next_ >= next.client->room()->history().first()) {
      give(next, nullptr, now);
      continue;
    }
    try {
      ask(next);
    } catch (const std::exception&) {
      Journal::Page none{Status::kInternalError};
      give(next, &none, now);
    }
  }
}

void Pages::give(const Wish& wish, const Journal::Page* page, Time now) {
  if (wish.wanted.expired()) return;
  wish.client->page_.reset();
  give_(*wish.client, page, now);
}

}  // namespace lws_chat
