#include "dialect/centrifuge/history_query.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace lws_chat {
namespace {

// About the longest reply, in bytes.
constexpr size_t kMaxReply = size_t{1024} * 1024;

// The history of a room that is not there. Nobody can have a position in it.
RoomAnswer no_messages(const HistoryRange& range) {
  if (range.since && !range.epoch.empty()) return {{}, ClientError::kUnrecoverablePosition};
  return {"{\"publications\":[],\"epoch\":\"\",\"offset\":0}"};
}

RoomAnswer refused(Status why) {
  RoomAnswer answer{{}, why == Status::kTooManyRooms ? ClientError::kLimitExceeded : ClientError::kInternal};
  answer.detail = describe(why).text;
  answer.unavailable = why == Status::kUnavailable;
  return answer;
}

// A question for the messages in [begin, end). Lives as long as it waits for the journal.
class HistoryQuery : public std::enable_shared_from_this<HistoryQuery> {
 public:
  HistoryQuery(Hub& hub, const Room& room, bool reverse, bool with_time, DataForm form)
      : hub_(hub),
        name_(room.name()),
        epoch_(room.epoch()),
        top_(room.history().top()),
        reverse_(reverse),
        with_time_(with_time),
        form_(form),
        charge_(hub.memory().clients) {}

  Deferred<RoomAnswer> run(const History& history, uint64_t begin, uint64_t end) {
    begin_ = begin;
    end_ = end;
    take_from_memory(history);
    if (proceed()) return answer();
    return promise_.deferred();
  }

 private:
  // What memory has must be taken at once. A range that begins before it is read from the journal as a whole, unless it
  // is read backwards.
  void take_from_memory(const History& history) {
    if (!reverse_ && begin_ < history.first()) return;
    uint64_t from = std::max(begin_, history.first());
    if (from >= end_) return;
    std::vector<History::Entry> entries;
    History::Reader reader = history.from(from);
    while (reader.offset() < end_) entries.push_back(reader.next());
    if (reverse_) std::reverse(entries.begin(), entries.end());
    for (const History::Entry& entry : entries) add(entry);
    (reverse_ ? end_ : begin_) = reverse_ ? from : end_;
  }

  void add(const History::Entry& entry) {
    if (full()) return;
    append_entry(publications_, entry, with_time_, form_);
    ++items_;
  }

  bool full() const { return publications_.size() > kMaxReply; }

  // Returns true when it is done, false if it waits.
  bool proceed() {
    while (begin_ < end_ && !full() && status_ == Status::kOk) {
      uint64_t count = std::min<uint64_t>(end_ - begin_, reverse_ ? backwards_ : Pages::kMessages);
      uint64_t from = reverse_ ? end_ - count : begin_;
      Deferred<Journal::Page> page = hub_.read_page(name_, from, static_cast<size_t>(count));
      if (!page.ready()) {
        page.then([self = shared_from_this(), from](const Journal::Page& late) {
          self->take(late, from);
          if (self->proceed()) self->promise_.keep(self->answer());
        });
        return false;
      }
      take(page.value(), from);
    }
    return true;
  }

  void take(const Journal::Page& page, uint64_t from) {
    status_ = page.status;
    if (status_ != Status::kOk) return;
    if (page.messages.empty())
      begin_ = end_;
    else if (reverse_)
      take_backwards(page, from);
    else
      take_forwards(page);
    if (!charge_.may_be(publications_.capacity())) status_ = Status::kNoMemory;
    charge_.set(publications_.capacity());
  }

  // Where messages are missing, others take their places: their offsets tell.
  void take_forwards(const Journal::Page& page) {
    if (page.first > begin_) end_ = std::min(top_ + 1, end_ + (page.first - begin_));
    uint64_t offset = page.first;
    for (const KeptMessage& message : page.messages) {
      if (offset >= begin_ && offset < end_) add({offset, 0, message.view()});
      ++offset;
    }
    begin_ = std::max(begin_, offset);
  }

  // A page that is large enough before it comes to the end of the range is of no use here: a smaller one is read.
  void take_backwards(const Journal::Page& page, uint64_t from) {
    if (page.first + page.messages.size() < end_ && backwards_ > 1) {
      backwards_ /= 2;
      return;
    }
    uint64_t offset = page.first + page.messages.size();
    for (auto message = page.messages.rbegin(); message != page.messages.rend(); ++message)
      if (--offset >= begin_ && offset < end_) add({offset, 0, message->view()});
    end_ = page.first > from ? begin_ : from;
  }

  RoomAnswer answer() const {
    if (status_ == Status::kNoMemory) return {{}, ClientError::kTooManyRequests, describe(status_).text};
    if (status_ != Status::kOk) return refused(status_);
    RoomAnswer answer;
    answer.items = items_;
    answer.json = "{\"publications\":[" + publications_ + "],\"epoch\":\"" + epoch_ +
                  "\",\"offset\":" + std::to_string(top_) + "}";
    return answer;
  }

  Hub& hub_;
  const std::string name_;
  const std::string epoch_;
  const uint64_t top_;  // offset of the last message when the question was asked
  const bool reverse_;
  const bool with_time_;
  const DataForm form_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint64_t backwards_ = Pages::kMessages;  // messages that are read together if read backwards
  std::string publications_;
  size_t items_ = 0;
  Status status_ = Status::kOk;
  MemoryAccount::Charge charge_;  // of publications_, while it waits
  Promise<RoomAnswer> promise_;
};

Deferred<RoomAnswer> query_room(Hub& hub, Room& room, const HistoryRange& range, bool with_time, Time now,
                                DataForm form) {
  const History& history = hub.history(room, now);
  uint64_t first = room.first_kept();
  uint64_t end = history.top() + 1;  // the offset after the last message of the range
  if (range.since) {
    if (!range.epoch.empty() && range.epoch != room.epoch()) return RoomAnswer{{}, ClientError::kUnrecoverablePosition};
    // Where messages are missing, their offsets tell.
    if (!range.reverse)
      first = range.offset >= history.top() ? end : std::max(first, range.offset + 1);
    else
      end = range.offset > end ? first : std::max(first, std::min(end, range.offset));
  }
  uint64_t count = range.limit < 0 ? end - first : std::min<uint64_t>(end - first, static_cast<uint64_t>(range.limit));
  count = std::min<uint64_t>(count, kMaxReply / 16);  // more would not fit the reply, however small
  if (range.reverse)
    first = end - count;
  else
    end = first + count;
  auto query = std::make_shared<HistoryQuery>(hub, room, range.reverse, with_time, form);
  return query->run(history, first, end);
}

}  // namespace

RoomAnswer no_history() { return {{}, ClientError::kNotAvailable, "no history is kept"}; }

HistoryRange read_history_range(Request& request, std::string& problem) {
  HistoryRange range;
  range.limit = request.signed_number("limit", INT32_MIN, INT32_MAX);
  range.reverse = request.flag("reverse");
  Request since = request.object("since", range.since);
  range.offset = since.number("offset");
  range.epoch = since.text("epoch");
  problem = request.problem().empty() ? since.problem() : request.problem();
  if (problem.empty() && range.since && range.reverse && range.offset == 0)
    problem = "there is nothing before offset 0";
  return range;
}

Deferred<RoomAnswer> query_history(Hub& hub, std::string_view name, const HistoryRange& range, bool with_time, Time now,
                                   DataForm form) {
  if (hub.settings_of(name).history.messages == 0) return no_history();
  auto ask = [&hub, room = std::string(name), range, with_time, now, form](Status status) -> Deferred<RoomAnswer> {
    if (status != Status::kOk) return refused(status);
    Room* found = hub.find(room);
    return found ? query_room(hub, *found, range, with_time, now, form) : no_messages(range);
  };
  return hub.look_up(name, now).follow(ask);
}

void append_entry(std::string& publications, const History::Entry& entry, bool with_time, DataForm form) {
  if (!publications.empty()) publications += ',';
  append_publication(publications, entry.message, entry.offset, with_time ? entry.message.unix_ms : 0, form);
}

}  // namespace lws_chat
