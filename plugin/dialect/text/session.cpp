#include "dialect/text/session.h"

#include <exception>
#include <utility>

#include "core/utf8.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"
#include "wire/frame.h"

namespace lws_chat {

TextSession::TextSession(Hub& hub, const Options& options, TextLink& link)
    : Client(kTextKind), hub_(hub), options_(options), link_(link) {}

void TextSession::enter(std::string_view room, Time now) {
  Deferred<Status> joined = hub_.join(*this, {room, hub_.settings_of(room).replay, link_.origin()}, now);
  if (joined.ready()) return entered(joined.value());
  await();
  joined.then(held_->lifetime, [this](Status status) { act_late([&] { entered(status); }); });
}

// Joining can still fail, because other rooms may have been made since the upgrade was admitted.
void TextSession::entered(Status status) {
  if (status != Status::kOk) return end({status});
  if (behind() && ready()) link_.ask_to_resume();
}

void TextSession::receive(const Message& message, Time now) {
  // Ignore everything after the close word, even in the same read.
  if (ended_ || leaving() || ending_ != Status::kOk) return;
  bool binary = message.format == Format::kBinary;
  if (binary && options_.binary == BinaryPolicy::kRefuse) return end({Status::kUnsupportedData});
  // lws validates UTF-8 only if its context asks for it. A relayed invalid text would make every reader close.
  if (!binary && !is_utf8(message.payload)) return end({Status::kInvalidText});
  if (held_) return keep(message);
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

void TextSession::publish(const Message& message, Time now) {
  IdentityPtr publisher = identity();
  std::string_view info = publisher ? std::string_view(publisher->json) : std::string_view();
  bool closes =
      message.format == Format::kText && !options_.close_word.empty() && message.payload == options_.close_word;
  Message known{message.payload, message.format, info, {}, false, message.unix_ms};
  Deferred<Published> result = hub_.publish({}, {room()->name(), known}, now);
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

void TextSession::await() {
  if (!held_) held_ = std::make_unique<Held>(hub_.memory().input);
  waiting_ = true;
  link_.hold_input(true);
}

// The hub answers once. A session that cannot act on the answer ends, instead of waiting for ever.
template <typename Act>
void TextSession::act_late(Act&& act) {
  try {
    act();
  } catch (const std::exception&) {
    end({Status::kInternalError});
  }
  answered();
}

void TextSession::answered() {
  waiting_ = false;
  if (ended_) return;
  if (ending_ != Status::kOk && !room()) return end({ending_});
  link_.ask_to_resume();
}

void TextSession::resume(Time now) {
  if (ended_) return;
  hub_.pump(*this, now);
  while (!ended_ && !waiting_ && room() && !leaving() && held_ && !held_->input.empty()) {
    KeptMessage next = std::move(held_->input.front());
    held_->input.pop_front();
    held_->bytes.set(held_->bytes.bytes() - next.bytes());
    publish(next.view(), now);
  }
  if (ended_ || waiting_ || !held_) return;
  held_.reset();
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
  hub_.leave(*this, now, Hub::Departure::kMayReturn);
  held_.reset();
}

// Made on first use, because most text clients never need one.
IdentityPtr TextSession::identity() {
  if (!identity_) hub_.presence().introduce(*this, make_identity(hub_.next_id(), {}, {}));
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
  link_.end(std::move(ending), std::move(last_frames));
}

}  // namespace lws_chat
