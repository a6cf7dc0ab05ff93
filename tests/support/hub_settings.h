#pragma once

#include <random>

#include "core/hub.h"

// Settings of hubs for tests of the dialects. Rooms of the namespace "bare" have no history and no presence.
namespace lws_chat {

// The same numbers for every hub.
inline RandomSource known_random() {
  return [source = std::mt19937(1)](unsigned char* bytes, size_t size) mutable {
    while (size-- > 0) *bytes++ = static_cast<unsigned char>(source());
  };
}

inline Hub::Settings ample_settings() {
  constexpr Time kSecond = 1'000'000;
  Hub::Settings settings;
  settings.random = known_random();
  settings.max_lag = 1 << 20;
  settings.max_rooms = 200;
  settings.max_memory = 16 << 20;
  settings.rooms.history = {5, 1 << 20, 300 * kSecond};
  settings.rooms.presence = settings.rooms.join_leave = true;
  settings.rooms.presence_grace = 5 * kSecond;
  settings.rooms.delta = Delta::kFossil;
  RoomRules& rules = settings.rooms.rules;
  rules.publish = rules.history = rules.presence = Who::kMembers;
  settings.namespaces.emplace_back("bare", RoomSettings());
  settings.namespaces.back().second.rules = rules;
  return settings;
}

// Limits that are reached with a few hundred bytes and half a millisecond.
inline Hub::Settings tight_settings() {
  Hub::Settings settings = ample_settings();
  settings.max_lag = 20000;
  settings.max_rooms = 4;
  settings.max_memory = 200000;
  settings.rooms.history = {5, 10000, 1000};
  settings.rooms.presence_grace = 500;
  return settings;
}

}  // namespace lws_chat
