#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/message.h"
#include "core/publication.h"

// Event streams as a browser's EventSource reads them (html.spec.whatwg.org, section 9.2): a room's messages as events,
// and the ids by which a reader says where it was.
namespace lws_chat {

// Encode: a publication as an event. Its data is the text itself; if that is JSON and only a string, the data is the
// string. The id, the last line, is EPOCH:OFFSET if a history keeps the message. An event ends with the only empty line
// in it.
void append_event(FrameSink& sink, const Event& event);

// The beginning of a stream: how long a browser waits before it connects again, in milliseconds.
inline constexpr std::string_view kReconnectAfter = "retry: 2000\n\n";

// An event of that name with that id. Its data is {"room":...,"epoch":...,"offset":...}.
std::string position_event(std::string_view name, std::string_view room, const Position& position, std::string_view id);

// EPOCH:OFFSET, several of them separated by commas. Other items are left out.
std::vector<Position> read_positions(std::string_view id);
std::string write_positions(const std::vector<Position>& positions);

// Puts the events of several rooms into one stream. Each event is named after its room, and its id gives the reader's
// position in all rooms.
class EventMixer {
 public:
  // Adds a room. Rooms are numbered from 0 in the order of these calls. A room without history has no epoch.
  void add(std::string_view room, const Position& position);

  // Appends bytes of the room's stream. They may begin and end anywhere except inside an "id:" line.
  void append(std::string& stream, size_t room, std::string_view events);

  // Returns how many bytes of a room's stream, at most `limit`, can be given to append().
  static size_t piece(std::string_view events, size_t limit);

  // The reader's position in all rooms.
  std::string id() const { return write_positions(positions_); }

 private:
  void append_line(std::string& stream, size_t room, std::string_view line);

  std::vector<std::string> names_;
  std::vector<Position> positions_;
  bool in_line_ = false;   // the last piece ended inside a line
  bool in_event_ = false;  // the last piece ended inside an event
};

}  // namespace lws_chat
