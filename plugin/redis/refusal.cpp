#include "redis/refusal.h"

#include "core/log_text.h"

namespace lws_chat {
namespace {

struct Remedy {
  const char* word;  // the error has it
  const char* advice;
};

constexpr Remedy kRemedies[] = {
    {"WRONGPASS", "correct the file of redis-password-file, or the user in the URL"},
    {"invalid password", "correct the file of redis-password-file"},
    {"without any password configured", "take redis-password-file away, or give the server a password (requirepass)"},
    {"NOAUTH", "name a file with the password with redis-password-file"},
    {"NOPERM", "allow the user what it needs with ACL SETUSER"},
    {"READONLY", "name the master, or the Sentinels with redis+sentinel://"},
    {"MASTERDOWN", "name the master, or the Sentinels with redis+sentinel://"},
    {"LOADING", "wait until the server has loaded its data"},
    {"OOM", "raise the server's maxmemory"},
    {"MISCONF", "see the server's log: it cannot write to its disk"},
    {"NOREPLICAS", "see to the server's replicas, or lower min-replicas-to-write"},
    {"DENIED", "give the server a password (requirepass), or let it listen on the right address only (bind)"},
    {"max number of clients", "raise the server's maxclients"},
    {"DB index is out of range", "correct the database in the URL, or raise the server's databases"},
    {"unknown command", "install Redis 6.2 or later, or allow the command"},
    {"BUSY", "stop the script that keeps the server busy (SCRIPT KILL)"},
};

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

bool begins(std::string_view text, std::string_view word) { return text.substr(0, word.size()) == word; }

}  // namespace

std::string explain_refusal(std::string_view command, std::string_view error) {
  const char* advice = "see the server's log";
  for (const Remedy& remedy : kRemedies) {
    if (!has(error, remedy.word)) continue;
    advice = remedy.advice;
    break;
  }
  return "refuses " + std::string(command) + " (" + in_log(error) + "): " + advice;
}

// Before 7.0, the error of a command within a script stands in the middle of the script's error.
bool ends_the_link(std::string_view error) {
  return begins(error, "READONLY") || has(error, " -READONLY ") || begins(error, "MASTERDOWN") ||
         begins(error, "LOADING") || begins(error, "NOAUTH");
}

}  // namespace lws_chat
