#include "redis/pipeline.h"

#include <algorithm>
#include <utility>

#include "redis/command_text.h"

namespace lws_chat {
namespace {

bool lacks_script(const RedisReply& reply) { return reply.is_error() && reply.text.compare(0, 8, "NOSCRIPT") == 0; }

}  // namespace

void Pipeline::command(const std::vector<std::string_view>& words, Answer answer) {
  Item item{std::move(answer)};
  if (repairing_) {
    append_command(item.bytes, words);
  } else {
    append_command(out_, words);
  }
  send(std::move(item));
}

void Pipeline::run(const RedisScript& script, const std::vector<std::string_view>& keys,
                   const std::vector<std::string_view>& arguments, Answer answer) {
  Item item{std::move(answer), &script, 3 + keys.size() + arguments.size()};
  append_word(item.bytes, std::to_string(keys.size()));
  for (std::string_view key : keys) append_word(item.bytes, key);
  for (std::string_view argument : arguments) append_word(item.bytes, argument);
  if (!repairing_) send_script(item, false);
  send(std::move(item));
}

// Puts an item into the line. Its bytes are on their way, unless it is held.
void Pipeline::send(Item item) {
  if (repairing_) {
    item.state = State::kHeld;
    ++held_;
  }
  if (item.answer) ++waiting_;
  items_.push_back(std::move(item));
}

// Appends the command of a script, by its name or `whole`. Gives the script to the server first if it may not have it.
void Pipeline::send_script(const Item& item, bool whole) {
  const RedisScript& script = *item.script;
  if (!whole && std::find(loaded_.begin(), loaded_.end(), &script) == loaded_.end()) {
    append_command(out_, {"SCRIPT", "LOAD", script.source});
    loaded_.push_back(&script);
    items_.push_back(Item{});
  }
  append_command_head(out_, item.words);
  append_word(out_, whole ? "EVAL" : "EVALSHA");
  append_word(out_, whole ? script.source : script.sha1);
  out_ += item.bytes;
}

void Pipeline::take(RedisReply& reply, Time now) {
  hand_over_kept(now);
  Item& item = items_[replied_];
  if (item.script && lacks_script(reply)) {
    item.state = State::kFailed;
    repairing_ = true;
    ++replied_;
  } else if (repairing_) {
    item.state = State::kAnswered;
    item.reply = std::make_unique<RedisReply>(std::move(reply));
    ++replied_;
  } else {
    hand_over_first(reply, now);
    hand_over_kept(now);
  }
  if (repairing_ && replied_ + held_ == items_.size()) run_again();
}

// Takes the item out of the line before it calls anybody.
void Pipeline::hand_over_first(RedisReply& reply, Time now) {
  Item first = std::move(items_.front());
  items_.pop_front();
  if (!first.answer) return;
  --waiting_;
  first.answer(reply, now);
}

// Hands over replies that came while scripts had to run again, and waited for the reply before them.
void Pipeline::hand_over_kept(Time now) {
  while (!items_.empty() && items_.front().state == State::kAnswered) {
    std::unique_ptr<RedisReply> reply = std::move(items_.front().reply);
    hand_over_first(*reply, now);
  }
}

// All replies are there. Sends the scripts that failed once more, with their source, and then what was held.
void Pipeline::run_again() {
  repairing_ = false;
  std::deque<Item> held;
  for (; held_ > 0; --held_) {
    held.push_front(std::move(items_.back()));
    items_.pop_back();
  }
  for (Item& item : items_) {
    if (item.state != State::kFailed) continue;
    send_script(item, true);
    item.state = State::kSent;
    item.script = nullptr;
    item.bytes = std::string();
  }
  replied_ = 0;
  loaded_.clear();
  for (Item& item : held) {
    item.state = State::kSent;
    if (item.script) {
      send_script(item, false);
    } else {
      out_ += item.bytes;
      item.bytes = std::string();
    }
    items_.push_back(std::move(item));
  }
}

void Pipeline::lose() {
  for (Item& item : items_)
    if (item.answer) lost_.push_back(Lost{std::move(item.answer), std::move(item.reply)});
  items_.clear();
  loaded_.clear();
  repairing_ = false;
  waiting_ = replied_ = held_ = 0;
}

void Pipeline::answer_lost(const std::string& why, Time now) {
  for (size_t count = lost_.size(); count > 0 && !lost_.empty(); --count) {
    Lost lost = std::move(lost_.front());
    lost_.pop_front();
    RedisReply reply;
    reply.kind = RedisReply::Kind::kLost;
    reply.text = why;
    lost.answer(lost.reply ? *lost.reply : reply, now);
  }
}

}  // namespace lws_chat
