#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/message.h"
#include "core/publication.h"

// Event streams as a browser's EventSource reads them (html.spec.whatwg.org, section 9.2): what a room's messages
// look like there, and how a reader says where it was.
namespace lws_chat {

// Encode: a publication as an event. Its data is the text itself, of JSON that is just a string that string. Its
// id, the last line, is EPOCH:OFFSET, where a history keeps it. An event ends with the only empty line in it.
void append_event(FrameSink& sink, const Event& event);

// {"room":...,"epoch":...,"offset":...} as the data of an event of that name, with that id.
std::string position_event(std::string_view name, std::string_view room, const Position& position, std::string_view id);

// EPOCH:OFFSET, several of them separated by commas. Items that are none are left out.
std::vector<Position> read_positions(std::string_view id);
std::string write_positions(const std::vector<Position>& positions);

// Puts the events of several rooms into one stream: each is named after its room, and its id says where the
// reader is in all of them.
class EventMixer {
 public:
  // Adds a room, whose number is that of those added before; a room without history has no epoch.
  void add(std::string_view room, const Position& position);

  // Appends what the room has, which may begin and end anywhere but inside of an "id:" line.
  void append(std::string& stream, size_t room, std::string_view events);

  // How many of the first `limit` bytes of what a room has can be given to append().
  static size_t piece(std::string_view events, size_t limit);

  // Where the reader is in all rooms.
  std::string id() const { return write_positions(positions_); }

 private:
  void append_line(std::string& stream, size_t room, std::string_view line);

  std::vector<std::string> names_;
  std::vector<Position> positions_;
  bool in_line_ = false;   // the last piece ended inside of a line
  bool in_event_ = false;  // and inside of an event
};

}  // namespace lws_chat
