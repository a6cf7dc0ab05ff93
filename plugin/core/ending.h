#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Why somebody leaves, and what they are told: one table, one row per reason.
//
// The words for ending, each with one meaning:
//   leave    A member goes out of its room.
//   dismiss  The hub ends a membership against the client's will, and tells the client.
//   end      A session ends, with all its memberships.
//   close    A connection begins its closing handshake.
//   drop     A connection ends without a closing handshake.
//   drain    The server sends everybody away.
//   forget   Data is thrown away: messages, a room, a list.
namespace lws_chat {

// The reason for a refusal or an ending.
enum class [[nodiscard]] Status : uint8_t{
    kOk,
    kClosedOnRequest,   // the client asked for it by the close word
    kGoingAway,         // the server is shutting down
    kRestarting,        // the server is shutting down, and clients should come back
    kUnsupportedData,   // binary where binary is refused
    kInvalidText,       // text that is not UTF-8
    kBadCompression,    // a message is not what RFC 7692 allows
    kMessageTooBig,     // over max-message
    kInternalError,     // a bug or no memory; the log has details
    kSlow,              // over max-lag
    kReplayLost,        // the history dropped a message before it was replayed
    kReplaced,          // the same client has come back over another connection
    kForced,            // a back end ended the connection
    kUnsubscribed,      // a back end ended the membership in one room
    kStale,             // no first command in time
    kBadRequest,        // not a command
    kTooFast,           // over message-rate where it cannot be slowed down
    kNoPong,            // silent for too long after a ping
    kNotFound,          // upgrade on another path, or on a vhost without the protocol
    kOtherVersion,      // another version of the WebSocket protocol
    kBadUpgrade,        // a handshake that RFC 6455 forbids, or that lws cannot read
    kOtherSubprotocol,  // the client offers subprotocols, and none is known
    kProtobuf,          // the client wants protobuf, for which the vhost has no protocol
    kBadMethod,         // another HTTP method
    kNoSession,         // a message for a session that is not here
    kForeignHost,       // a Host that is not the server's
    kNotOpen,           // a client of another machine, on a vhost without an access rule
    kForbiddenOrigin,   // a page of a foreign origin
    kMisconfigured,     // the vhost's options are wrong
    kFull,              // over max-clients
    kTooManyWaiting,    // over max-waiting or max-waiting-per-address
    kTooManyRooms,      // over max-rooms, max-rooms-per-address or the rooms' memory
    kTooManyJoins,      // over max-joins-per-second
    kUnfinished,        // a message was begun and not continued
    kNotPermitted,      // the gate refuses
    kUnavailable,       // a service behind the hub is missing; it may come back
    kUncertain,         // the connection was lost before the answer came: the message may have been published, or not
    kGap,               // messages of the room were missed
    kNoMemory,          // clients hold their whole part of max-memory
    kBadToken,          // the token is not valid
    kTokenExpired,      // the token was valid once
    kRevoked,           // a back end has revoked the token
    kNoCredentials,     // only clients with a token, or known to the back end, may connect
    kAnonymous,         // the token names no user, and anonymous clients may not connect
    kExpired,           // the token's or the back end's time for the connection is over
    kRoomExpired,       // the same for a membership in a room that the server chose
    kSubscriptionOver,  // the same for a membership in a room that the client chose
    kUnknownNamespace,  // under strict-namespaces
    kBadRoomName,       // does not match room-pattern, or the room cannot be shared
    kRoomsChanged,      // the server chooses other rooms for the client than when it connected
    kNoHook,            // the back end should be asked, and there is no URL for it
    kNotServed,         // a message without a reply that nobody takes
};

inline constexpr unsigned kStatusCount = static_cast<unsigned>(Status::kNotServed) + 1;

// To the others, a client that leaves is gone, or away for the presence grace.
enum class Departure : uint8_t { kFinal, kMayReturn };

struct StatusRow {
  Status status;
  uint16_t close_code = 0;   // RFC 6455 section 7.4; 0: the connection never opens, or cannot be told
  uint16_t http_status = 0;  // answer to a request; 0: no request fails for this reason
  // Replaces close_code for clients with a protocol of their own above WebSocket, centrifugal.dev/docs/server/codes:
  // they reconnect after 3000 to 3499, but not after 3500 to 3999 and 4500 to 4999.
  uint16_t protocol_code = 0;
  std::string_view cause{};  // label in the metrics
  std::string_view text{};   // close reason and log text: ASCII, at most 100 bytes
  Departure departure = Departure::kMayReturn;

  // Each sets one more field, and returns the row.
  constexpr StatusRow& close(uint16_t code) { return close_code = code, *this; }
  constexpr StatusRow& http(uint16_t code) { return http_status = code, *this; }
  constexpr StatusRow& protocol(uint16_t code) { return protocol_code = code, *this; }
  constexpr StatusRow& final() { return departure = Departure::kFinal, *this; }
};

const StatusRow& describe(Status status);

// Returns true if an open connection can end for this reason. A peer that does not answer gets no code.
inline bool closes(Status status) { return describe(status).close_code != 0 || status == Status::kNoPong; }

// The way in which the server ends a membership, a session or a connection.
struct Ending {
  Status why = Status::kOk;
  uint64_t lag = 0;      // bytes that the client was behind
  std::string detail{};  // appended to the reason's text; if `code` is given, replaces it
  uint16_t code = 0;     // replaces the reason's close code: 3000 to 4999; 0: does not
};

}  // namespace lws_chat
