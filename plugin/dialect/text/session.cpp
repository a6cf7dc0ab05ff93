#include "dialect/text/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/utf8.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"
#include "dialect/visit.h"
#include "wire/frame.h"

namespace lws_chat {

namespace {

// Limits for messages of one client that are on their way to the journal; bytes.
constexpr size_t kMostSent = 64;
constexpr size_t kMostSentBytes = 65536;

// A message that the journal does not take is tried again for so long, and so often; microseconds.
constexpr Time kPatience = 5'000'000;
constexpr Time kTryAgain = 200'000;

}  // namespace

// The stay of a client that a token or a back end knows.
class TextSession::Stay final : public Visit {
 public:
  Stay(TextSession& session, Arrival& arrival) : Visit(arrival, session.options_), session_(session) {}

  Time due = kNever;  // when it wants to be called

  void end(Ending ending, Time) override { session_.end(std::move(ending)); }
  void dismiss(std::string_view room, Time now) override {
    if (room.empty() || room == pass().rooms.front().name) session_.end_after_head(Status::kForced, now);
  }

 private:
  int64_t unix_seconds() override { return session_.link_.unix_ms() / 1000; }
  Time now() override { return session_.link_.now(); }
  void call_at(Time at) override {
    due = at;
    session_.set_alarm();
  }
  void note_denial(const Denial& denial) override { session_.link_.note_denial(denial); }

  TextSession& session_;
};

TextSession::TextSession(Hub& hub, const Options& options, TextLink& link, bool packs)
    : Client(packs ? packed_kind(kTextKind) : KindId{kTextKind}), hub_(hub), options_(options), link_(link) {}

TextSession::~TextSession() = default;

void TextSession::enter(std::string_view room, Time now, std::unique_ptr<Arrival> arrival) {
  if (!arrival) return join(room, now);
  auto late = [this] {
    act_late([&] {
      std::unique_ptr<Arrival> late_arrival = std::move(held_->arrival);
      arrived(*late_arrival, link_.now());
    });
  };
  if (arrival->ask(late)) return arrived(*arrival, now);
  await();
  held_->arrival = std::move(arrival);
}

void TextSession::arrived(Arrival& arrival, Time now) {
  if (ended_) return;
  if (arrival.denial()) return deny(*arrival.denial());
  visit_ = std::make_unique<Stay>(*this, arrival);
  if (!visit_->begin()) return end({Status::kNoMemory});
  identity_ = visit_->identity_in(0);
  join(visit_->pass().rooms.front().name, now);
}

Grant TextSession::grant(bool member) const {
  if (visit_) return visit_->pass().grant(0, member);
  Grant grant;
  grant.member = member;
  return grant;
}

void TextSession::join(std::string_view room, Time now) {
  uint64_t replay = hub_.settings_of(room).replay;
  if (replay > 0) {
    // What a gate decides later is not allowed here. (RuleGate decides at once.)
    Deferred<Status> may_see = hub_.permit(grant(true), Action::kHistory, room);
    if (!may_see.ready() || may_see.value() != Status::kOk) replay = 0;
  }
  Deferred<Status> joined = hub_.join(*this, {room, replay, link_.origin(), grant(false)}, now);
  if (joined.ready()) return entered(joined.value());
  await();
  joined.then(held_->lifetime, [this](Status status) { act_late([&] { entered(status); }); });
}

// A client that is not let in, or may not publish, is told so by the code with which it is closed.
void TextSession::deny(Denial denial) {
  Ending ending = ending_of(denial);
  denial.disconnects = true;
  link_.note_denial(denial);
  end(std::move(ending));
}

// Joining can still fail, because other rooms may have been made since the upgrade was admitted.
void TextSession::entered(Status status) {
  if (status != Status::kOk) return end({status});
  if (visit_) visit_->entered(link_.now());
  if (!ended_ && behind() && ready()) link_.ask_to_resume();
}

void TextSession::receive(const Message& message, Time now) {
  // Ignore everything after the close word, even in the same read.
  if (ended_ || leaving() || ending_ != Status::kOk) return;
  bool binary = message.format == Format::kBinary;
  if (binary && options_.binary == BinaryPolicy::kRefuse) return end({Status::kUnsupportedData});
  // lws validates UTF-8 only if its context asks for it. A relayed invalid text would make every reader close.
  if (!binary && !is_utf8(message.payload)) return end({Status::kInvalidText});
  if (held_back() || (held_ && !held_->input.empty())) return keep(message);
  publish(message, now);
}

// The connection does not read now, but it may have read some messages before; their size is limited, too.
void TextSession::keep(const Message& message) {
  held_->input.emplace_back(message);
  size_t bytes = held_->bytes.bytes() + held_->input.back().bytes();
  if (!held_->bytes.may_be(bytes)) return end({Status::kNoMemory});
  held_->bytes.set(bytes);
  if (bytes > 2 * options_.max_message + 65536) end({Status::kTooFast});
}

bool TextSession::is_close_word(const Message& message) const {
  return message.format == Format::kText && !options_.close_word.empty() && message.payload == options_.close_word;
}

void TextSession::publish(const Message& message, Time now) {
  if (room()->settings().publish_hook) return ask_to_publish(message);
  hand_over(message, false, is_close_word(message), now);
}

// The back end is asked only about what the rules leave to it. It gets the text as a string of JSON.
void TextSession::ask_to_publish(const Message& message) {
  if (!visit_) return deny(Denial::error(Status::kNotPermitted));
  Grant let_through = grant(true);
  let_through.approved = true;
  Deferred<Status> possible = hub_.permit(let_through, Action::kPublish, room()->name());
  if (!possible.ready() || possible.value() != Status::kOk)
    return deny(Denial::error(possible.ready() ? possible.value() : Status::kNotPermitted));
  std::string data;
  append_data(data, message);
  Deferred<Outcome<PublishResult>> answer =
      visit_->doorman().ask_to_publish({visit_->pass().about(), room()->name(), data});
  Draft draft{KeptMessage(message), is_close_word(message)};
  if (answer.ready()) return approved(draft, answer.value());
  await();
  answer.then(held_->lifetime, [this, draft = std::move(draft)](const Outcome<PublishResult>& outcome) {
    act_late([&] { approved(draft, outcome); });
  });
}

// The back end may have put other data in place of the message. Text clients get the text of a string, and of other
// JSON the JSON itself.
void TextSession::approved(const Draft& draft, const Outcome<PublishResult>& outcome) {
  if (ended_ || !room()) return;
  if (outcome.denial) return deny(*outcome.denial);
  const PublishResult& result = outcome.value;
  Message message = draft.message.view();
  if (!result.data.empty()) {
    message.payload = result.data;
    message.format = Format::kJson;
  }
  message.tags = result.tags;
  message.ephemeral = result.skip_history;
  message.version = result.version;
  message.version_epoch = result.version_epoch;
  hand_over(message, true, draft.closes, link_.now());
}

void TextSession::hand_over(const Message& message, bool approved, bool closes, Time now) {
  IdentityPtr publisher = identity();
  if (!publisher && visit_) publisher = visit_->identity();
  Message known = message;
  known.publisher = publisher ? std::string_view(publisher->json) : std::string_view();
  Grant grant_now = grant(true);
  grant_now.approved = approved;
  Deferred<Published> result = hub_.publish(grant_now, {room()->name(), known, kNobody, kPatience}, now);
  bool fails = result.ready() && result.value().status == Status::kUnavailable;
  bool fails_for_now = fails && room() && room()->durable();
  bool answers_later = !result.ready() && room() && (room()->durable() || room()->settings().shared);
  if (fails_for_now || answers_later)
    return await_answer({KeptMessage(message), approved, closes}, std::move(result), now);
  if (result.ready()) return published(closes, result.value());
  await();
  result.then(held_->lifetime, [this, closes](const Published& late) { act_late([&] { published(closes, late); }); });
}

void TextSession::published(bool closes, const Published& result) {
  // The message may have closed slow readers, including this client.
  if (ended_ || !room()) return;
  if (result.status != Status::kOk) return end({result.status});
  if (closes) hub_.dismiss_after_head(*this, Status::kClosedOnRequest, result.at);
}

void TextSession::keep_sent(const Sent& sent) {
  size_t bytes = held_->sent_bytes.bytes() + sent.message.bytes();
  if (!held_->sent_bytes.may_be(bytes)) return end({Status::kNoMemory});
  held_->sent.push_back(sent);
  held_->sent_bytes.set(bytes);
}

// A client of this dialect has no way to learn that its message is not kept, and would have to be closed. The disk may
// be full, or slow, only for a moment: meanwhile nothing more is read from the client. As long as all goes well, more
// messages may follow, so that one transaction has many of them.
void TextSession::await_answer(const Sent& sent, Deferred<Published> result, Time now) {
  if (!held_) held_ = std::make_unique<Held>(hub_.memory().input);
  keep_sent(sent);
  if (ended_) return;
  if (result.ready()) {
    held_->failed = true;
  } else {
    ++held_->answers;
    result.then(held_->lifetime, [this](const Published& late) { publish_answered(late); });
  }
  bool many = held_->sent.size() >= kMostSent || held_->sent_bytes.bytes() >= kMostSentBytes;
  if (held_->failed || sent.closes || many) hold_back();
  if (held_->failed && held_->answers == 0) try_later(now);
}

void TextSession::hold_back() {
  if (std::exchange(held_->full, true)) return;
  link_.hold_input(true);
}

// The answers come in the order of the messages.
void TextSession::publish_answered(const Published& result) {
  --held_->answers;
  try {
    if (!ended_ && room()) act_on(result);
  } catch (const std::exception&) {
    end({Status::kInternalError});
  }
  go_on();
}

// Reads on, as far as the journal has taken the messages.
void TextSession::go_on() {
  if (ended_) return;
  bool few = held_->sent.size() <= kMostSent / 2 && held_->sent_bytes.bytes() <= kMostSentBytes / 2;
  bool closes = !held_->sent.empty() && held_->sent.back().closes;
  if (few && !closes && !held_->failed) held_->full = false;
  if (held_back()) return;
  if (!held_->input.empty()) return answered();
  if (held_->sent.empty()) held_.reset();
  link_.hold_input(false);
}

void TextSession::act_on(const Published& result) {
  // The broker has tried for as long as the client may wait.
  bool again = result.status == Status::kUnavailable && !room()->settings().shared;
  if (held_->failed || again) {
    // The messages behind it have failed with it, or fail now.
    held_->failed = true;
    hold_back();
    if (held_->answers == 0) try_later(result.at);
    return;
  }
  if (result.status != Status::kOk) return end({result.status});
  bool closes = held_->sent.front().closes;
  held_->sent_bytes.set(held_->sent_bytes.bytes() - held_->sent.front().message.bytes());
  held_->sent.pop_front();
  held_->give_up = kNever;
  if (closes) hub_.dismiss_after_head(*this, Status::kClosedOnRequest, result.at);
}

void TextSession::try_later(Time now) {
  if (held_->give_up == kNever) held_->give_up = now + kPatience;
  if (now >= held_->give_up) return end({Status::kUnavailable});
  held_->due = now + kTryAgain;
  set_alarm();
}

void TextSession::try_again(Time now) {
  held_->due = kNever;
  held_->failed = false;
  std::list<Sent> again = std::exchange(held_->sent, {});
  held_->sent_bytes.set(0);
  try {
    for (const Sent& one : again) {
      if (ended_ || !room()) return;
      // Behind one that failed at once, the others wait for the next time.
      if (held_->failed)
        keep_sent(one);
      else
        hand_over(one.message.view(), one.approved, one.closes, now);
    }
  } catch (const std::exception&) {
    end({Status::kInternalError});
  }
  go_on();
}

void TextSession::set_alarm() {
  Time due = held_ ? held_->due : kNever;
  if (visit_) due = std::min(due, visit_->due);
  if (due != kNever) link_.call_at(due);
}

void TextSession::await() {
  if (!held_) held_ = std::make_unique<Held>(hub_.memory().input);
  waiting_ = true;
  link_.hold_input(true);
}

// The hub answers once. A session that cannot act on the answer ends, instead of waiting for ever.
template <typename Act>
void TextSession::act_late(Act&& act) {
  waiting_ = false;
  try {
    act();
  } catch (const std::exception&) {
    end({Status::kInternalError});
  }
  answered();
}

// Nothing waits any more, unless the answer has led to another question.
void TextSession::answered() {
  if (waiting_ || ended_) return;
  if (ending_ != Status::kOk && !room()) return end({ending_});
  link_.ask_to_resume();
}

void TextSession::resume(Time now) {
  if (ended_) return;
  hub_.pump(*this, now);
  while (!ended_ && !held_back() && room() && !leaving() && held_ && !held_->input.empty()) {
    KeptMessage next = std::move(held_->input.front());
    held_->input.pop_front();
    held_->bytes.set(held_->bytes.bytes() - next.bytes());
    publish(next.view(), now);
  }
  if (ended_ || held_back() || !held_) return;
  if (held_->sent.empty()) held_.reset();
  link_.hold_input(false);
}

void TextSession::end_after_head(Status why, Time now) {
  if (ended_) return;
  if (room()) return hub_.dismiss_after_head(*this, why, now);
  ending_ = why;
  hub_.leave(*this, now);
  end({why});
}

void TextSession::lost(Time now) {
  ended_ = true;
  if (visit_) visit_->leave();
  hub_.leave(*this, now, Hub::Departure::kMayReturn);
  held_.reset();
}

void TextSession::time_is_up(Time now) {
  if (visit_ && visit_->due <= now) visit_->due = kNever;
  if (visit_ && !ended_) visit_->time_is_up(now);
  if (!ended_ && held_ && held_->due <= now) try_again(now);
  if (!ended_) set_alarm();
}

// Made on first use, because most text clients never need one. A token or a back end may hide a client.
IdentityPtr TextSession::identity() {
  if (!identity_ && !visit_) hub_.presence().introduce(*this, make_identity(hub_.next_id(), {}, {}));
  return identity_;
}

void TextSession::dismissed(Ending ending, Time) {
  std::string reply;
  try {
    bool answer = ending.why == Status::kClosedOnRequest && !options_.close_reply.empty();
    if (answer) reply = make_frame(Opcode::kText, true, options_.close_reply);
  } catch (const std::exception&) {
    // Out of memory: close without a reply.
  }
  end(std::move(ending), std::move(reply));
}

void TextSession::end(Ending ending, std::string last_frames) {
  if (ended_) return;
  ended_ = true;
  if (visit_) visit_->leave();
  link_.end(std::move(ending), std::move(last_frames));
}

}  // namespace lws_chat
