#pragma once

#include <string_view>

#include "core/hub.h"

// Calls of a hub whose gate, broker and journal answer at once.
namespace lws_chat {

[[nodiscard]] inline Status join(Hub& hub, Client& client, std::string_view room, uint64_t replay, Time now,
                                 Origin origin = kNobody) {
  Deferred<Status> answer = hub.join(client, {room, replay, origin}, now);
  return answer.ready() ? answer.value() : Status::kUnavailable;
}

inline Published publish(Hub& hub, std::string_view room, const Message& message, Time now) {
  Deferred<Published> answer = hub.publish(kServerGrant, {room, message}, now);
  return answer.ready() ? answer.value() : Published{Status::kUnavailable};
}

// Into the room that the client is in.
inline Published publish(Hub& hub, const Client& member, const Message& message, Time now) {
  return publish(hub, member.room()->name(), message, now);
}

// As a text client says something.
inline Published say(Hub& hub, Client& member, std::string_view text, Time now, Format format = Format::kText) {
  IdentityPtr who = member.identity();
  std::string_view info = who ? std::string_view(who->json) : std::string_view();
  return publish(hub, member, {text, format, info}, now);
}

}  // namespace lws_chat
