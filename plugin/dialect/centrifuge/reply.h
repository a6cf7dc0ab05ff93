#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/log/message.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/encoding.h"

// The output of the structured dialect: replies and pushes of Centrifuge's client protocol in JSON
// (github.com/centrifugal/protocol, definitions/client.proto).
namespace lws_chat {

// Appends the payload as JSON on one line. Binary messages become {"base64":"..."}.
void append_data(std::string& json, const Message& message);

// Encodes an event as a push, in the frames of one WebSocket message.
void append_push(FrameSink& sink, const Event& event);

// The same for a client that has negotiated deltas: the data is a JSON string of what append_data() appends.
void append_whole_push(FrameSink& sink, const Event& event);

// The same. If there is a patch, the data is a JSON string of the patch, and the publication says so.
void append_delta_push(FrameSink& sink, const Event& event);

// Makes the patch from the data of one message to that of the next one: a delta in Fossil's format.
bool patch_data(std::string& patch, const Message& before, const Message& message);

// Returns {"push":{"message":{"data":"TEXT"}}}, for one client alone.
std::string message_push(std::string_view text);

// Appends {"push":{"channel":...,"unsubscribe":...}}: the client is out of the room. After a code below 2500 an SDK
// does not subscribe again by itself: centrifugal.dev/docs/server/codes.
void append_unsubscribe_push(std::string& json, std::string_view room, unsigned code, std::string_view reason);

// Appends {"push":{"channel":...,"subscribe":RESULT}}: a back end put the client into the room.
void append_subscribe_push(std::string& json, std::string_view room, std::string_view result);

// Appends {"push":{"refresh":RESULT}}: a back end changed when the connection expires.
void append_refresh_push(std::string& json, std::string_view result);

// The form of a publication's data.
enum class DataForm : uint8_t {
  kJson,   // as it was published
  kWhole,  // as a JSON string
  kPatch,  // the patch as a JSON string; if there is none, as kWhole
  kBytes   // for a message in protobuf: exactly as it was published
};

// The form in which a reader of that encoding gets earlier messages.
inline DataForm form_of_earlier(Encoding encoding, bool deltas) {
  if (encoding == Encoding::kProtobuf) return DataForm::kBytes;
  return deltas ? DataForm::kWhole : DataForm::kJson;
}

// Appends {"data":...,"info":...,"tags":...,"offset":...,"time":...,"version":...}.
// `unix_ms` is the time of publication, in milliseconds since 1970; 0: now, which is not written.
void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms = 0,
                        DataForm form = DataForm::kJson, std::string_view patch = {});

// Appends {"id":ID,"error":{...}}. `detail` is added to the protocol's own message; empty: nothing.
void append_error(std::string& json, uint32_t id, ClientError error, std::string_view detail);

// The same with a code and message that a back end chose.
void append_error(std::string& json, uint32_t id, uint32_t code, std::string_view message, bool temporary);

}  // namespace lws_chat
