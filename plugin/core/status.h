#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lws_chat {

// Why a connection was refused or closed by this side: one table says what goes over the wire.
enum class [[nodiscard]] Status : uint8_t{
    kOk,
    kClosedOnRequest,   // the client asked by the close word
    kGoingAway,         // the server is shutting down
    kRestarting,        // likewise, and its clients are to come back
    kUnsupportedData,   // binary where binary is refused
    kInvalidText,       // text that is not UTF-8
    kMessageTooBig,     // over max-message
    kInternalError,     // a bug or no memory; the log says more
    kSlow,              // over max-lag
    kReplayLost,        // the history moved on before it had been replayed
    kReplaced,          // the same client has come back by another connection
    kForced,            // a back end wanted it
    kUnsubscribed,      // and this, of a room only
    kStale,             // of the structured dialect: did not say connect in time
    kBadRequest,        // of the structured dialect: not a command
    kTooFast,           // over message-rate where it cannot be slowed down
    kNoPong,            // silent for too long after a ping
    kNotFound,          // upgrade on another path, or on a vhost without the protocol
    kOtherVersion,      // of the WebSocket protocol
    kBadUpgrade,        // a handshake that RFC 6455 forbids, or that lws cannot read
    kOtherSubprotocol,  // none of those that the client speaks
    kProtobuf,          // the structured dialect in protobuf
    kBadMethod,         // of HTTP
    kForeignHost,       // another name than those of the server
    kForbiddenOrigin,   // a page of a foreign origin
    kMisconfigured,     // the vhost's options are wrong
    kFull,              // over max-clients
    kTooManyWaiting,    // over max-waiting or max-waiting-per-address
    kTooManyRooms,      // over max-rooms
    kTooManyJoins,      // over max-joins-per-second
    kUnfinished,        // began a message and did not go on with it
    kNotPermitted,      // the gate says no
    kUnavailable,       // what it takes is not there now; it may be later
    kGap,               // messages of the room were missed
    kNoMemory,          // what clients hold has reached its part of max-memory
};

inline constexpr unsigned kStatusCount = static_cast<unsigned>(Status::kNoMemory) + 1;

struct StatusRow {
  uint16_t close_code;   // RFC 6455 section 7.4; 0 where the connection never opens or cannot be told
  uint16_t http_status;  // answer to the upgrade request; 0 where it was accepted
  // Instead of close_code in the structured dialect, centrifugal.dev/docs/server/codes: its clients come back
  // after 3000 to 3499, but not after 3500 to 3999 and 4500 to 4999.
  uint16_t structured_code;
  std::string_view cause;  // in the metrics
  std::string_view text;   // close reason and log text, ASCII, at most 100 bytes
};

const StatusRow& describe(Status status);

// Whether a connection that was there ends by it. To a peer that does not answer there is no code to give.
inline bool closes(Status status) { return describe(status).close_code != 0 || status == Status::kNoPong; }

// How this side ends a client's connection.
struct Ending {
  Status why = Status::kOk;
  uint64_t lag = 0;      // bytes that it was behind
  std::string detail{};  // says more of why; with a code of its own: says why
  uint16_t code = 0;     // instead of the status's own close code, 3000 to 4999; 0: that
};

}  // namespace lws_chat
