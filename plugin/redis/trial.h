#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "redis/keys.h"
#include "redis/link.h"

namespace lws_chat {

// Names of commands and scripts, as ServerTrouble gets them.
using CommandNames = std::set<std::string, std::less<>>;

// Is called once: with the first of the commands that was refused, or with one that was done.
using TrialAnswer = std::function<void(std::string_view command, const RedisReply& reply, Time now)>;

// Asks a server if it writes, and if it does these commands, with keys that are used for nothing else and end within a
// day. So it shows when a server does again what it has refused, although nobody asks it for anything.
void try_commands(RedisLink& link, const RedisKeys& keys, const CommandNames& commands, Time now, TrialAnswer answer);

}  // namespace lws_chat
