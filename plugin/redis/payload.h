#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity.h"
#include "core/log/message.h"

// What stands in the messages of a room's channel and in the entries of its stream, as in Centrifugo 6.9:
//
//   Publication                              nobody keeps it
//   __p1:OFFSET:EPOCH__Publication           the stream has it, too
//   __d1:OFFSET:EPOCH:SIZE:Publication:SIZE:Publication    the same, behind the publication before it, for deltas
//   __j__ClientInfo, __l__ClientInfo         somebody came or left
//
// Publication and ClientInfo are protobuf (github.com/centrifugal/protocol, definitions/client.proto). What that cannot
// carry is in fields of high numbers, which Centrifugo passes over. Entries of a stream are bare Publications.
namespace lws_chat {

// What a room's channel or stream has brought. The views stay until the reader reads the next one, or the bytes go.
struct RoomPayload {
  Event::Kind kind = Event::Kind::kPublication;
  Message message{};              // of a publication; ephemeral if it has no offset
  const Identity* who = nullptr;  // of a join or leave; of a publication its publisher, if that is known
  uint64_t offset = 0;            // 0: no stream has it
  std::string_view epoch{};       // of the offset; empty in an entry of a stream
};

// Epochs go into JSON and lists as they are: they are 1 to 64 letters, digits, `-` and `.`.
bool is_epoch(std::string_view text);

// Appends a Publication. A text or binary message has the data that readers of the structured dialect get, and a field
// that says what it was.
void append_publication_bytes(std::string& bytes, const Message& message);

// Appends a field to a Publication that no other one has, so that it can be recognized. Others pass over it.
void append_publication_id(std::string& bytes, std::string_view id);

// Appends what announces that somebody came or left. `json` is Identity::json.
void append_join_bytes(std::string& bytes, std::string_view json);
void append_leave_bytes(std::string& bytes, std::string_view json);

// Returns what the script for publishing makes of a Publication.
std::string with_position(uint64_t offset, std::string_view epoch, std::string_view publication);

// Reads payloads, which may be anything. It keeps its memory, so that most of them need no new one.
class PayloadReader {
 public:
  // Reads a message of a room's channel. Returns false if it is malformed.
  [[nodiscard]] bool read(std::string_view bytes, RoomPayload& payload);

  // Reads the field `d` of an entry of a room's stream. Returns false if it is malformed.
  [[nodiscard]] bool read_entry(std::string_view bytes, uint64_t offset, RoomPayload& payload);

 private:
  struct Fields;

  [[nodiscard]] bool read_publication(std::string_view bytes, RoomPayload& payload);
  [[nodiscard]] bool read_somebody(std::string_view bytes, Event::Kind kind, RoomPayload& payload);
  [[nodiscard]] bool take(const Fields& fields, RoomPayload& payload);
  [[nodiscard]] bool take_data(const Fields& fields, Message& message);
  [[nodiscard]] bool take_tags(Message& message);

  Identity who_;
  std::string data_;  // if it is not in the bytes
  std::string tags_json_;
  std::vector<std::string_view> tags_;  // each an entry of the map
};

}  // namespace lws_chat
