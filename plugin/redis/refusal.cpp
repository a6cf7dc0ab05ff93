#include "redis/refusal.h"

#include "core/log_text.h"

namespace lws_chat {
namespace {

struct Remedy {
  const char* word;  // the error has it
  const char* advice;
};

// In a script the errors have other words, which changed with 7.2.
constexpr char kAllow[] = "allow the user what it needs with ACL SETUSER, see lws-chatd.conf(5)";
constexpr char kTakeAway[] = "remove its keys with DEL, or choose another redis-prefix";

constexpr Remedy kRemedies[] = {
    {"WRONGPASS", "correct the file of redis-password-file, or the user in the URL"},
    {"invalid password", "correct the file of redis-password-file"},
    {"without any password configured", "take redis-password-file away, or give the server a password (requirepass)"},
    {"NOAUTH", "name a file with the password with redis-password-file"},
    {"NOPERM", kAllow},
    {"executing the script can't", kAllow},
    {"ACL failure in script", kAllow},
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
    {"WRONGTYPE", kTakeAway},
    {"FOREIGN", kTakeAway},
    {"equal or smaller than the target stream", kTakeAway},
    {"is not an integer", kTakeAway},
    {"position is no number", kTakeAway},
    {"Invalid stream ID", kTakeAway},  // the position is too large
    {"increment or decrement would overflow", kTakeAway},
    {" attempt to ", kTakeAway},  // a script that did not expect that
    {"LARGE", "ask for the number of the room's members"},
    {"BUSY", "stop the script that keeps the server busy (SCRIPT KILL)"},
};

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

bool begins(std::string_view text, std::string_view word) { return text.substr(0, word.size()) == word; }

constexpr size_t kMostOfError = 80;  // bytes; lws cuts lines of 256 bytes, and what to do about it comes behind

// An error without what a server says of the script that has met it.
std::string_view without_script(std::string_view error) {
  constexpr std::string_view kLine = "@user_script: ";  // before 7.0: its number follows, and then the error
  if (size_t line = error.rfind(kLine); line != std::string_view::npos) {
    size_t end = error.find(": ", line + kLine.size());
    if (end != std::string_view::npos) error.remove_prefix(end + 2);
  }
  return error.substr(0, error.find(" script: "));
}

}  // namespace

const char* remedy_of(std::string_view error) {
  for (const Remedy& remedy : kRemedies)
    if (has(error, remedy.word)) return remedy.advice;
  return "see the server's log";
}

std::string explain_refusal(std::string_view command, std::string_view error) {
  return "refuses " + std::string(command) + " (" + in_log(without_script(error), kMostOfError) +
         "): " + remedy_of(error);
}

bool concerns_keys(std::string_view error) { return remedy_of(error) == kTakeAway || begins(error, "LARGE"); }

bool is_kept(std::string_view error) { return begins(error, "UNTOLD "); }

// Before 7.0, the error of a command within a script stands in the middle of the script's error.
bool ends_the_link(std::string_view error) {
  return begins(error, "READONLY") || has(error, " -READONLY ") || begins(error, "MASTERDOWN") ||
         begins(error, "LOADING") || begins(error, "NOAUTH");
}

}  // namespace lws_chat
