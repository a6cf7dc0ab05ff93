#include "dialect/events/encoder.h"

#include <algorithm>
#include <charconv>

#include "dialect/centrifuge/reply.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

// Longest piece of a line that is handed over at once, in bytes.
constexpr size_t kPiece = 16384;

constexpr std::string_view kId = "id: ";

void append_line(FrameSink& sink, std::string_view line) {
  std::string_view piece = line.substr(0, kPiece);
  sink.append("data: ", piece);
  while (piece.size() < line.size()) {
    line.remove_prefix(piece.size());
    piece = line.substr(0, kPiece);
    sink.append("", piece);
  }
}

// Each line of the text becomes a line of the event: an event can have line breaks in no other way. It does not tell
// the kinds of line breaks apart.
void append_data_lines(FrameSink& sink, std::string_view text) {
  for (;;) {
    size_t end = text.find_first_of("\r\n");
    append_line(sink, text.substr(0, end));
    if (end == std::string_view::npos) return;
    sink.append("\n", "");
    text.remove_prefix(text.compare(end, 2, "\r\n") == 0 ? end + 2 : end + 1);
  }
}

}  // namespace

void append_event(FrameSink& sink, const Event& event) {
  const Message& message = event.message;
  if (message.format == Format::kBinary) {
    std::string json;
    append_data(json, message);
    append_data_lines(sink, json);
  } else if (message.format == Format::kJson && message.payload.front() == '"') {
    append_data_lines(sink, unquoted({JsonKind::kString, message.payload}));
  } else {
    append_data_lines(sink, message.payload);
  }
  if (event.offset == 0) return sink.append("\n\n", "");
  std::string end = "\nid: ";
  end.append(event.epoch).append(":").append(std::to_string(event.offset)).append("\n\n");
  sink.append(end, "");
}

std::string position_event(std::string_view name, std::string_view room, const Position& position,
                           std::string_view id) {
  std::string event = "event: ";
  event.append(name).append("\ndata: {\"room\":");
  append_quoted(event, room);
  if (!position.epoch.empty())
    event.append(",\"epoch\":\"").append(position.epoch).append("\",\"offset\":") += std::to_string(position.offset);
  event += "}\n";
  if (!id.empty()) event.append(kId).append(id).append("\n");
  return event += '\n';
}

std::vector<Position> read_positions(std::string_view id) {
  std::vector<Position> positions;
  while (!id.empty()) {
    std::string_view item = id.substr(0, id.find(','));
    id.remove_prefix(std::min(id.size(), item.size() + 1));
    size_t colon = item.find(':');
    if (colon == std::string_view::npos || colon == 0) continue;
    Position position{std::string(item.substr(0, colon)), 0};
    const char* end = item.data() + item.size();
    auto [stop, error] = std::from_chars(item.data() + colon + 1, end, position.offset);
    if (error == std::errc() && stop == end) positions.push_back(std::move(position));
  }
  return positions;
}

std::string write_positions(const std::vector<Position>& positions) {
  std::string id;
  for (const Position& position : positions) {
    if (position.epoch.empty()) continue;
    id.append(id.empty() ? "" : ",").append(position.epoch).append(":").append(std::to_string(position.offset));
  }
  return id;
}

void EventMixer::add(std::string_view room, const Position& position) {
  names_.emplace_back(room);
  positions_.push_back(position);
}

size_t EventMixer::piece(std::string_view events, size_t limit) {
  if (events.size() <= limit) return events.size();
  size_t end = events.rfind('\n', limit - 1);
  return end == std::string_view::npos ? limit : end + 1;
}

void EventMixer::append(std::string& stream, size_t room, std::string_view events) {
  while (!events.empty()) {
    std::string_view line = events.substr(0, events.find('\n'));
    bool whole = line.size() < events.size();
    if (whole) line = events.substr(0, line.size() + 1);
    events.remove_prefix(line.size());
    append_line(stream, room, line);
    in_line_ = !whole;
  }
}

void EventMixer::append_line(std::string& stream, size_t room, std::string_view line) {
  if (!in_event_) {
    stream.append("event: ").append(names_[room]).append("\n");
    in_event_ = true;
  }
  if (!in_line_ && line == "\n") in_event_ = false;
  if (in_line_ || line.compare(0, kId.size(), kId) != 0) {
    stream += line;
    return;
  }
  for (Position& position : read_positions(line.substr(kId.size(), line.size() - kId.size() - 1)))
    positions_[room] = std::move(position);
  stream.append(kId).append(id()).append("\n");
}

}  // namespace lws_chat
