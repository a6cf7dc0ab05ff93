#include "core/ending.h"

#include <array>

namespace lws_chat {
namespace {

constexpr StatusRow row(Status status, std::string_view cause, std::string_view text) {
  StatusRow row{status};
  row.cause = cause;
  row.text = text;
  return row;
}

constexpr std::array<StatusRow, kStatusCount> kRows = {
    row(Status::kOk, "ok", "ok"),
    row(Status::kClosedOnRequest, "on_request", "closed on request").close(1000).protocol(4500).final(),
    row(Status::kGoingAway, "going_away", "server is shutting down").close(1001).http(503).protocol(3001),
    row(Status::kRestarting, "restarting", "server is restarting").close(1012).http(503).protocol(3001),
    row(Status::kUnsupportedData, "unsupported_data", "binary messages are not accepted here")
        .close(1003)
        .protocol(3506),
    row(Status::kInvalidText, "invalid_text", "text is not valid UTF-8").close(1007).protocol(3501),
    row(Status::kBadCompression, "bad_compression", "message is not compressed as RFC 7692 says")
        .close(1007)
        .protocol(3501),
    row(Status::kMessageTooBig, "message_too_big", "message is too big").close(1009).http(413).protocol(1009),
    row(Status::kInternalError, "internal_error", "internal error").close(1011).protocol(3004),
    row(Status::kSlow, "slow", "too slow").close(3008).protocol(3008),
    row(Status::kReplayLost, "replay_lost", "too slow, what was to be replayed is no longer there")
        .close(3008)
        .protocol(3008),
    row(Status::kReplaced, "replaced", "replaced by another connection of the same client").close(1000).protocol(3503),
    row(Status::kForced, "forced", "force disconnect").close(3503).protocol(3503).final(),
    row(Status::kUnsubscribed, "unsubscribed", "unsubscribed by the server").final(),
    row(Status::kStale, "stale", "did not connect in time").close(1002).protocol(3502),
    row(Status::kBadRequest, "bad_request", "bad request").close(1002).http(400).protocol(3501),
    row(Status::kTooFast, "too_fast", "too many messages").close(1008).protocol(3013),
    row(Status::kNoPong, "no_pong", "no answer to a ping").protocol(3012),
    row(Status::kNotFound, "not_found", "no chat at this path").http(404),
    row(Status::kOtherVersion, "other_version", "only version 13 of the WebSocket protocol is spoken here").http(426),
    row(Status::kBadUpgrade, "bad_upgrade", "bad WebSocket handshake").http(400),
    row(Status::kOtherSubprotocol, "other_subprotocol",
        "none of the subprotocols is for this path, ask for lws-chat first or for none")
        .http(400),
    row(Status::kProtobuf, "protobuf", "protobuf is off here: add centrifuge-protobuf to ws-protocols of this vhost")
        .http(400),
    row(Status::kBadMethod, "bad_method", "method not allowed").http(405),
    row(Status::kNoSession, "no_session", "no such session here, connect again").http(404),
    row(Status::kForeignHost, "foreign_host", "this server has another name, see the option allowed-hosts").http(421),
    row(Status::kNotOpen, "not_open", "only clients of the server's own machine are let in, see the option open")
        .http(403),
    row(Status::kForbiddenOrigin, "foreign_origin", "origin not allowed").http(403),
    row(Status::kMisconfigured, "misconfigured", "the options of this vhost are wrong, the server's log says which")
        .http(503),
    row(Status::kFull, "full", "too many clients").http(503),
    row(Status::kTooManyWaiting, "too_many_waiting", "too many connections that have asked for nothing").http(503),
    row(Status::kTooManyRooms, "too_many_rooms", "too many rooms").close(1013).http(503),
    row(Status::kTooManyJoins, "too_many_joins", "too many connections from this address").http(429),
    row(Status::kUnfinished, "unfinished", "a message was not completed in time").close(1008).http(408).protocol(3012),
    row(Status::kNotPermitted, "not_permitted", "permission denied").close(3503).http(403).protocol(3503),
    row(Status::kUnavailable, "unavailable", "temporarily not available, try again later")
        .close(1013)
        .http(503)
        .protocol(3004),
    row(Status::kUncertain, "uncertain", "the connection to Redis was lost, nobody knows if it is done")
        .close(1013)
        .http(503),
    row(Status::kGap, "gap", "messages were missed, connect again").close(3010).protocol(3010),
    row(Status::kNoMemory, "no_memory", "clients hold too much memory, try again later")
        .close(1013)
        .http(503)
        .protocol(3013),
    row(Status::kBadToken, "bad_token", "invalid token").close(3500).http(401).protocol(3500).final(),
    row(Status::kTokenExpired, "token_expired", "token expired").close(3005).http(401).protocol(3005),
    row(Status::kRevoked, "revoked", "token was revoked").close(3500).http(401).protocol(3500).final(),
    row(Status::kNoCredentials, "no_credentials", "bad request: a token is required")
        .close(3501)
        .http(401)
        .protocol(3501)
        .final(),
    row(Status::kAnonymous, "anonymous", "permission denied: anonymous clients are not allowed")
        .close(3507)
        .http(403)
        .protocol(3507)
        .final(),
    row(Status::kExpired, "expired", "connection expired").close(3005).protocol(3005),
    row(Status::kRoomExpired, "room_expired", "subscription expired").close(3006).protocol(3006),
    row(Status::kSubscriptionOver, "subscription_expired", "subscription expired").close(3005),
    row(Status::kUnknownNamespace, "unknown_namespace", "unknown namespace").close(3503).http(404).protocol(3503),
    row(Status::kBadRoomName, "bad_room_name", "the room's name does not match room-pattern, or begins with meta.")
        .close(3503)
        .http(400)
        .protocol(3503),
    row(Status::kRoomsChanged, "rooms_changed", "insufficient state").close(3010).protocol(3010),
    row(Status::kNoHook, "no_hook", "there is no URL to ask the back end").close(3508).http(503).protocol(3508),
    row(Status::kNotServed, "not_served", "not available").close(3508).protocol(3508),
};

constexpr bool rows_are_in_order() {
  for (unsigned i = 0; i < kStatusCount; ++i)
    if (static_cast<unsigned>(kRows[i].status) != i) return false;
  return true;
}
static_assert(rows_are_in_order());

}  // namespace

const StatusRow& describe(Status status) { return kRows[static_cast<unsigned>(status)]; }

}  // namespace lws_chat
