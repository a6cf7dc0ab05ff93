#include "redis/pipeline.h"

#include <algorithm>
#include <new>
#include <utility>

#include "redis/command_text.h"

namespace lws_chat {
namespace {

size_t bytes_of(const RedisReply& reply) {
  size_t bytes = sizeof reply + reply.text.size();
  for (const RedisReply& item : reply.items) bytes += bytes_of(item);
  return bytes;
}

bool lacks_script(const RedisReply& reply) { return reply.is_error() && reply.text.compare(0, 8, "NOSCRIPT") == 0; }

}  // namespace

void Pipeline::command(const std::vector<std::string_view>& words, Answer answer) {
  Items added;
  Item& item = added.emplace_back();
  append_command(repairing_ ? item.bytes : out_, words);
  item.answer = std::move(answer);
  add(added);
}

void Pipeline::run(const RedisScript& script, const std::vector<std::string_view>& keys,
                   const std::vector<std::string_view>& arguments, Answer answer) {
  Items added;
  Item& item = added.emplace_back();
  item.script = &script;
  item.words = 3 + keys.size() + arguments.size();
  append_word(item.bytes, std::to_string(keys.size()));
  for (std::string_view key : keys) append_word(item.bytes, key);
  for (std::string_view argument : arguments) append_word(item.bytes, argument);
  if (!repairing_) send_script(added);
  item.answer = std::move(answer);
  add(added);
}

void Pipeline::add(Items& added) {
  for (Item& item : added) {
    if (repairing_) item.state = State::kHeld;
    if (item.answer) ++waiting_;
  }
  taken_ += added.size();
  items_.splice(items_.end(), added);
}

// Appends a script's command, and before it the script, if the server may not have it.
void Pipeline::send_script(Items& added) {
  const Item& item = added.back();
  size_t before = out_.size();
  try {
    bool loads = append_load(*item.script);
    if (loads) added.emplace_front();
    append_run(item, false);
    if (loads) loaded_.push_back(item.script);
  } catch (...) {
    out_.resize(before);
    throw;
  }
}

// Returns true if the server may not have the script.
bool Pipeline::append_load(const RedisScript& script) {
  if (std::find(loaded_.begin(), loaded_.end(), &script) != loaded_.end()) return false;
  append_command(out_, {"SCRIPT", "LOAD", script.source});
  return true;
}

// Appends the command that runs a script by its name, or with its `whole` source.
void Pipeline::append_run(const Item& item, bool whole) {
  append_command_head(out_, item.words);
  append_word(out_, whole ? "EVAL" : "EVALSHA");
  append_word(out_, whole ? item.script->source : item.script->sha1);
  out_ += item.bytes;
}

bool Pipeline::take(RedisReply& reply, Time now) {
  hand_over_kept(now);
  Item& item = repairing_ ? *expected_ : items_.front();
  bool failed = item.script && lacks_script(reply);
  if (!failed && !repairing_) {
    hand_over_first(reply, now);
    hand_over_kept(now);
    return true;
  }
  if (!failed) kept_ += bytes_of(reply);
  if (kept_ > kMostKept) return false;
  try {
    if (!repairing_) expected_ = items_.begin();
    repairing_ = true;
    if (!failed) item.reply = std::make_unique<RedisReply>(std::move(reply));
    item.state = failed ? State::kFailed : State::kAnswered;
    ++expected_;
    if (expected_ == items_.end() || expected_->state == State::kHeld) run_again();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// Takes the item out of the line before it calls anybody.
void Pipeline::hand_over_first(RedisReply& reply, Time now) {
  Answer answer = std::move(items_.front().answer);
  items_.pop_front();
  if (!answer) return;
  --waiting_;
  ++answered_;
  answer(reply, now);
}

// Hands over replies that came while scripts had to run again, and waited for the reply before them.
void Pipeline::hand_over_kept(Time now) {
  while (!repairing_ && !items_.empty() && items_.front().state == State::kAnswered) {
    std::unique_ptr<RedisReply> reply = std::move(items_.front().reply);
    hand_over_first(*reply, now);
  }
}

// All replies are there. Sends the scripts that failed once more, with their source, so that nobody can make the server
// forget them in between; and then what was held.
void Pipeline::run_again() {
  repairing_ = false;
  kept_ = 0;
  loaded_.clear();
  for (const Item& item : items_) {
    if (!item.script || !append_load(*item.script)) continue;
    items_.emplace_front();
    ++taken_;
    loaded_.push_back(item.script);
  }
  for (Item& item : items_) {
    bool failed = item.state == State::kFailed;
    if (!failed && item.state != State::kHeld) continue;
    if (item.script) {
      append_run(item, failed);
    } else {
      out_ += item.bytes;
    }
    item.state = State::kSent;
    if (item.script && !failed) continue;
    item.script = nullptr;
    item.bytes = std::string();
  }
}

void Pipeline::refuse(Answer answer) {
  Item& item = lost_.emplace_back();
  item.answer = std::move(answer);
  if (item.answer) ++waiting_;
}

void Pipeline::lose() noexcept {
  lost_.splice(lost_.end(), items_);
  loaded_.clear();
  repairing_ = false;
  kept_ = 0;
}

void Pipeline::answer_lost(const std::string& why, Time now) {
  RedisReply lost;
  for (size_t count = lost_.size(); count > 0 && !lost_.empty(); --count) {
    lost = RedisReply{RedisReply::Kind::kLost, 0, why};
    Items one;
    one.splice(one.end(), lost_, lost_.begin());
    Item& item = one.front();
    if (!item.answer) continue;
    --waiting_;
    item.answer(item.reply ? *item.reply : lost, now);
  }
}

}  // namespace lws_chat
