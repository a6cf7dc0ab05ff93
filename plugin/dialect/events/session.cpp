#include "dialect/events/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/recovery.h"
#include "core/release.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"
#include "dialect/visit.h"

namespace lws_chat {
namespace {

// A room's bytes are mixed in by pieces of at most this size, so that several rooms take turns.
constexpr size_t kPiece = 16384;

}  // namespace

// The session's membership in one room.
class EventSession::Reader final : public Client {
 public:
  Reader(EventSession& session, size_t place);

  // Most readers have no name, and are never asked for one, so it is made when it is asked for. A token or a back end
  // may hide a reader.
  IdentityPtr identity() override {
    Hub& hub = session_.hub_;
    if (!identity_ && !session_.visit_) hub.presence().introduce(*this, make_identity(hub.next_id(), {}, {}));
    return identity_;
  }
  bool ready() override { return session_.ready(*this); }
  size_t write(std::string_view events) override { return session_.take(*this, events); }
  void dismissed(Ending ending, Time now) override { session_.dismissed(std::move(ending), now); }

  const size_t number;       // of its room in the mixer
  bool at_line_end = false;  // the bytes taken last end with a line

 private:
  EventSession& session_;
};

// The stay of a reader that a token or a back end knows.
class EventSession::Stay final : public Visit {
 public:
  Stay(EventSession& session, Arrival& arrival) : Visit(arrival, session.options_), session_(session) {}

  void end(Ending ending, Time now) override { session_.end(std::move(ending), now); }
  void dismiss(std::string_view room, Time now) override { session_.dismiss(room, now); }

 private:
  int64_t unix_seconds() override { return session_.link_.unix_ms() / 1000; }
  Time now() override { return session_.link_.now(); }
  void call_at(Time due) override { session_.link_.call_at(due); }
  void note_denial(const Denial& denial) override { session_.link_.note_denial(denial); }

  EventSession& session_;
};

EventSession::Reader::Reader(EventSession& session, size_t place)
    : Client(kEventsKind), number(place), session_(session) {
  if (session.visit_) identity_ = session.visit_->identity_in(place);
}

EventSession::EventSession(Hub& hub, const Options& options, EventLink& link)
    : hub_(hub), options_(options), link_(link), charge_(hub.memory().clients), pending_(kReconnectAfter) {}

EventSession::~EventSession() = default;

bool EventSession::mixed() const { return readers_.size() > 1; }

void EventSession::enter(const std::vector<std::string>& rooms, std::string_view last_event_id, Time now,
                         Arrival* arrival) {
  commented_at_ = now;
  if (arrival) {
    visit_ = std::make_unique<Stay>(*this, *arrival);
    if (!visit_->begin()) return end({Status::kNoMemory}, now);
  }
  size_t bytes = 0;
  for (const std::string& room : rooms) bytes += sizeof(Reader) + room.size();
  if (!charge_.may_be(bytes)) return end({Status::kNoMemory}, now);
  charge_.set(bytes);
  for (size_t i = 0; i < rooms.size(); ++i) readers_.emplace_back(*this, i);
  entry_ = std::make_unique<Entry>(Entry{rooms, read_positions(last_event_id), !last_event_id.empty()});
  join_rooms(now);
}

Grant EventSession::grant(size_t room, bool member) const {
  if (visit_) return visit_->pass().grant(room, member);
  Grant grant;
  grant.member = member;
  return grant;
}

// What a gate decides later is not allowed here. (RuleGate decides at once.)
bool EventSession::may_see_history(size_t room) {
  Deferred<Status> verdict = hub_.permit(grant(room, true), Action::kHistory, entry_->rooms[room]);
  return verdict.ready() && verdict.value() == Status::kOk;
}

// The hub may answer late. Then the rooms behind this one wait, and resume() goes on with them.
void EventSession::join_rooms(Time now) {
  while (!ended_ && entry_ && !entry_->waiting) {
    const std::string& name = entry_->rooms[entry_->next];
    uint64_t replay = entry_->resuming ? 0 : hub_.settings_of(name).replay;
    if (replay > 0 && !may_see_history(entry_->next)) replay = 0;
    Join wish{name, replay, link_.origin(), grant(entry_->next, false)};
    Deferred<Status> answer = hub_.join(readers_[entry_->next], wish, now);
    if (!answer.ready()) {
      entry_->waiting = true;
      return answer.then(lifetime_, [this, now](Status status) { joined_late(status, now); });
    }
    joined(answer.value(), now);
  }
}

// The hub calls once, also if this fails. `asked` is the time of the question: a message that has become too old since
// then may still be given.
void EventSession::joined_late(Status status, Time asked) {
  entry_->waiting = false;
  try {
    joined(status, asked);
  } catch (const std::exception&) {
    end({Status::kInternalError}, asked);
  }
  if (!ended_) link_.ask_to_resume();
}

void EventSession::joined(Status status, Time now) {
  // The rooms may have become too many since the request was admitted.
  if (status != Status::kOk) return end({status}, now);
  tell_position(readers_[entry_->next], entry_->rooms[entry_->next], now);
  if (++entry_->next < entry_->rooms.size()) return;
  entry_.reset();
  if (visit_) visit_->entered(now);
}

// The first event of a room gives the reader its position, so that it knows it even if the line is cut before anything
// else comes. Or it says that there is a gap.
void EventSession::tell_position(Reader& reader, const std::string& name, Time now) {
  Room& room = *reader.room();
  bool kept = room.settings().history.messages > 0 && may_see_history(entry_->next);
  Position position{kept ? room.epoch() : std::string(), hub_.history(room, now).top()};
  bool gap = false;
  if (entry_->resuming) {
    auto of_room = [&](const Position& item) { return item.epoch == room.epoch(); };
    auto at = std::find_if(entry_->seen.begin(), entry_->seen.end(), of_room);
    gap = !recover(hub_, reader, at == entry_->seen.end() || !kept ? nullptr : &*at, now).whole;
    if (!gap) position.offset = at->offset;
  } else if (reader.replaying()) {
    position.offset = reader.replay_begin() - 1;
  }
  if (mixed()) mixer_.add(name, position);
  // With several rooms, only the event of the last one has an id. A reader that is cut off before it has been told of
  // all rooms keeps the id that it came with.
  bool last = &reader == &readers_.back();
  std::string id = !last ? "" : mixed() ? mixer_.id() : write_positions({position});
  pending_ += position_event(gap ? "gap" : "position", name, position, id);
}

bool EventSession::ready(const Reader& reader) const {
  return !ended_ && !entry_ && pending_.empty() && (!speaking_ || speaking_ == &reader) && link_.ready();
}

size_t EventSession::take(Reader& reader, std::string_view events) {
  size_t taken = 0;
  if (mixed()) {
    taken = EventMixer::piece(events, kPiece);
    mixer_.append(pending_, reader.number, events.substr(0, taken));
    send_pending();
    if (ended_) return 0;
  } else {
    taken = link_.write(&reader, events);
    if (taken == 0) return 0;
  }
  note_taken(reader, events.substr(0, taken));
  return taken;
}

// An event ends with an empty line.
void EventSession::note_taken(Reader& reader, std::string_view events) {
  bool line_ends = events.back() == '\n';
  bool line_is_empty = events.size() > 1 ? events[events.size() - 2] == '\n' : reader.at_line_end;
  reader.at_line_end = line_ends;
  speaking_ = line_ends && line_is_empty ? nullptr : &reader;
}

void EventSession::send_pending() {
  while (!pending_.empty() && link_.ready()) {
    size_t taken = link_.write(nullptr, pending_);
    if (taken == 0) return;
    if (taken < pending_.size())
      pending_.erase(0, taken);
    else
      release(pending_);
  }
}

void EventSession::resume(Time now) {
  if (ended_) return;
  join_rooms(now);
  if (!ended_) send_pending();
  if (!ended_) serve_rooms(now);
}

// The room after the last one served comes first, so that every room gets its turn when the reader takes little.
void EventSession::serve_rooms(Time now) {
  if (speaking_) hub_.pump(*speaking_, now);
  for (size_t left = readers_.size(); left > 0 && !ended_ && !speaking_; --left) {
    Reader& reader = readers_[next_served_ % readers_.size()];
    if (reader.behind() && !reader.ready()) return;
    ++next_served_;
    if (reader.behind()) hub_.pump(reader, now);
  }
}

void EventSession::time_is_up(Time now) {
  if (visit_ && !ended_) visit_->time_is_up(now);
}

// A back end takes the reader out of a room, or out of all of them. The session ends with that.
void EventSession::dismiss(std::string_view room, Time now) {
  const std::vector<Pass::Room>& rooms = visit_->pass().rooms;
  for (Reader& reader : readers_) {
    if (!room.empty() && rooms[reader.number].name != room) continue;
    if (entry_ || !reader.room()) return end({Status::kForced}, now);
    return hub_.dismiss_after_head(reader, Status::kForced, now);
  }
}

bool EventSession::behind() const {
  return !ended_ && (!pending_.empty() || std::any_of(readers_.begin(), readers_.end(),
                                                      [](const Reader& reader) { return reader.behind(); }));
}

void EventSession::ping(Time now) {
  Time interval = options_.ping_interval;
  if (ended_ || interval == 0 || now - commented_at_ < interval || !pending_.empty() || speaking_) return;
  commented_at_ = now;
  pending_ = ":\n\n";
  send_pending();
}

bool EventSession::in_a_room() const {
  return std::any_of(readers_.begin(), readers_.end(), [](const Reader& reader) { return reader.room(); });
}

// A reader that is not in all of its rooms yet has no position: it loses nothing if it ends at once.
void EventSession::drain(Status why, Time now) {
  if (ended_ || draining_ != Status::kOk) return;
  draining_ = why;
  if (entry_ || !in_a_room()) return end({why}, now);
  for (Reader& reader : readers_)
    if (!ended_) hub_.dismiss_after_head(reader, why, now);
}

// The hub has dismissed one reader. The session ends with it, unless it drains: then every room delivers first.
void EventSession::dismissed(Ending ending, Time now) {
  if (ending.why != draining_ || !in_a_room()) end(std::move(ending), now);
}

// The bytes that go out before the end; empty if there is no memory for them. A reader that is too slow would not read
// them. A comment cannot stand within an event. After a failure the end of pending_ may be missing, and a comment would
// complete an event without its id: the reader would get that event again when it comes back.
std::string EventSession::last_bytes(const Ending& ending) const {
  Status why = ending.why;
  if (why == Status::kSlow || why == Status::kReplayLost || why == Status::kInternalError) return {};
  try {
    std::string bytes = pending_;
    if (speaking_) return bytes;
    bytes += ": ";
    // A back end that gives its own code also gives its own words.
    if (!ending.code) bytes.append(describe(why).text).append(ending.detail.empty() ? "" : ": ");
    return bytes.append(ending.detail).append("\n\n");
  } catch (const std::exception&) {
    return {};
  }
}

void EventSession::end(Ending ending, Time now) {
  if (ended_) return;
  std::string bytes = last_bytes(ending);
  leave_all(now);
  link_.end(std::move(ending), std::move(bytes));
}

void EventSession::lost(Time now) {
  if (!ended_) leave_all(now);
}

void EventSession::leave_all(Time now) {
  ended_ = true;
  if (visit_) visit_->leave();
  lifetime_.end();
  for (Reader& reader : readers_) hub_.leave(reader, now, Hub::Departure::kMayReturn);
  charge_.set(0);
}

}  // namespace lws_chat
